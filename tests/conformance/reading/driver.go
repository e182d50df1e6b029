package main

import (
	"bufio"
	"fmt"
	"strings"

	"podgate.io/conformance/driver"
)

// A Reading is what a reader made of a text: its documents up to the first error, and that.
type Reading struct {
	Documents []any
	Err       string // empty: none
}

// Podgate is a running driver.
type Podgate struct{ *driver.Driver }

func startPodgate(path string) (*Podgate, error) {
	running, err := driver.Start(path)
	return &Podgate{running}, err
}

// Read reads texts.
func (p *Podgate) Read(kind string, texts [][]byte) ([]Reading, error) {
	readings := make([]Reading, len(texts))
	err := p.Ask(func(out *bufio.Writer) {
		for _, text := range texts {
			fmt.Fprintf(out, "%s %d\n%s", kind, len(text), text)
		}
	}, func() error {
		for i := range readings {
			if err := p.readAnswer(&readings[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return readings, err
}

// readAnswer reads the documents of one text, up to the empty line.
func (p *Podgate) readAnswer(reading *Reading) error {
	for {
		line, err := p.Line()
		if err != nil || line == "" {
			return err
		}
		if reading.Err != "" {
			continue
		}
		if message, is := strings.CutPrefix(line, "error: "); is {
			reading.Err = message
			continue
		}
		document, err := decode([]byte(line))
		if err != nil {
			return fmt.Errorf("the driver wrote no JSON: %w: %s", err, line)
		}
		reading.Documents = append(reading.Documents, document)
	}
}
