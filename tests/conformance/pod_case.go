package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// PodCase: is this pod allowed at this level and version, and what does it violate?
type PodCase struct {
	Params Params      `json:"params"`
	Pod    *corev1.Pod `json:"pod"`
}

// Kept is a PodCase with upstream's answer, as a file of found/ holds it.
type Kept struct {
	PodCase
	Violated []string `json:"violated"`
}

var levels = []string{"baseline", "restricted", "restricted", "restricted"}

// The newest minor version that the pinned module knows.
const newestVersion = 37

// NewPodCase draws a case: the API server hands over what it stored, so the pod comes from the typed struct.
func NewPodCase(rng *rand.Rand) Case {
	params := Params{Level: levels[rng.IntN(len(levels))], Version: fmt.Sprintf("v1.%d", rng.IntN(newestVersion+2))}
	switch rng.IntN(50) {
	case 0:
		params.Level = "privileged"
	case 1, 2, 3:
		params.Version = "latest"
	case 4:
		params.Version = "v1.99"
	}
	if rng.IntN(4) == 0 {
		ids := ControlIDs()
		for range 1 + rng.IntN(4) {
			params.Except = append(params.Except, ids[rng.IntN(len(ids))])
		}
	}
	return PodCase{params, RandomPod(rng)}
}

func (c PodCase) Line() []byte {
	line, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return line
}

// Expected judges what the API server would store, which is not always what was written.
func (c PodCase) Expected() string {
	violated, err := c.violated()
	if err != nil {
		return "upstream: " + err.Error()
	}
	return strings.Join(violated, ",")
}

func (c PodCase) violated() ([]string, error) {
	var stored PodCase
	if err := json.Unmarshal(c.Line(), &stored); err != nil {
		return nil, err
	}
	setDefaults(stored.Pod)
	return Violated(stored.Params, stored.Pod)
}

// The default of the API server that a verdict depends on (k8s.io/kubernetes pkg/apis/core/v1
// SetDefaults_Volume). podgate must know it: it judges manifests too.
func setDefaults(pod *corev1.Pod) {
	for i := range pod.Spec.Volumes {
		if source := &pod.Spec.Volumes[i].VolumeSource; *source == (corev1.VolumeSource{}) {
			source.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
}

func (c PodCase) Fixture() ([]byte, error) {
	violated, err := c.violated()
	if err != nil {
		return nil, err
	}
	if violated == nil {
		violated = []string{}
	}
	text, err := json.MarshalIndent(Kept{c, violated}, "", "  ")
	return append(text, '\n'), err
}

// Smaller: every case that lacks one exception, one member or one item.
func (c PodCase) Smaller() []Case {
	var cases []Case
	for i := range c.Params.Except {
		params := c.Params
		params.Except = append(append([]string{}, c.Params.Except[:i]...), c.Params.Except[i+1:]...)
		cases = append(cases, PodCase{params, c.Pod})
	}
	whole, err := json.Marshal(c.Pod)
	if err != nil {
		panic(err)
	}
	for _, text := range withoutOne(whole) {
		var pod corev1.Pod
		if json.Unmarshal(text, &pod) != nil {
			continue
		}
		// What is written anyway (a name, an empty object) is not smaller for having been taken out.
		if again, err := json.Marshal(&pod); err != nil || len(again) >= len(whole) || bytes.Equal(again, whole) {
			continue
		}
		cases = append(cases, PodCase{c.Params, &pod})
	}
	return cases
}

// All texts that lack one member or item of this JSON text, the outermost first.
func withoutOne(text []byte) [][]byte {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	var texts, deeper [][]byte
	marshal := func(value any) []byte {
		out, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		return out
	}
	switch {
	case json.Unmarshal(text, &object) == nil:
		for key, value := range object {
			delete(object, key)
			texts = append(texts, marshal(object))
			for _, part := range withoutOne(value) {
				object[key] = part
				deeper = append(deeper, marshal(object))
			}
			object[key] = value
		}
	case json.Unmarshal(text, &list) == nil:
		for i, value := range list {
			rest := append(append([]json.RawMessage{}, list[:i]...), list[i+1:]...)
			texts = append(texts, marshal(rest))
			for _, part := range withoutOne(value) {
				list[i] = part
				deeper = append(deeper, marshal(list))
			}
			list[i] = value
		}
	}
	return append(texts, deeper...)
}
