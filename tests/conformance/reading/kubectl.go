package main

import (
	"bufio"
	"bytes"
	"io"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// readYAML reads a stream as kubectl does (k8s.io/apimachinery pkg/util/yaml, YAMLToJSONDecoder): divided at lines that begin
// with "---", each part converted to JSON. Documents that are null are left out: nothing is applied for them.
func readYAML(text []byte) (reading Reading) {
	parts := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		part, err := parts.Read()
		if err == io.EOF {
			return reading
		}
		if err == nil {
			part, err = yaml.YAMLToJSON(part)
		}
		var document any
		if err == nil {
			document, err = decode(part)
		}
		if err != nil {
			reading.Err = err.Error()
			return reading
		}
		if document != nil {
			reading.Documents = append(reading.Documents, document)
		}
	}
}
