package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// PodCase: is this pod allowed at this level and version, and what does it violate?
type PodCase struct {
	Params Params      `json:"params"`
	Pod    *corev1.Pod `json:"pod"`
}

var levels = []string{"baseline", "restricted", "restricted", "restricted"}

// The newest minor version that the pinned module knows.
const newestVersion = 37

func randomParams(rng *rand.Rand) Params {
	params := Params{Level: pick(rng, levels), Version: fmt.Sprintf("v1.%d", rng.IntN(newestVersion+2))}
	switch rng.IntN(50) {
	case 0:
		params.Level = "privileged"
	case 1, 2, 3:
		params.Version = "latest"
	case 4:
		params.Version = "v1.99"
	}
	return params
}

// NewPodCase draws a case: the API server hands over what it stored, so the pod comes from the typed struct.
func NewPodCase(rng *rand.Rand) Case {
	params := randomParams(rng)
	if rng.IntN(4) == 0 {
		ids := ControlIDs()
		for range 1 + rng.IntN(4) {
			params.Except = append(params.Except, pick(rng, ids))
		}
	}
	return PodCase{params, RandomPod(rng)}
}

func (c PodCase) Violated() ([]string, error) {
	var stored PodCase
	if err := json.Unmarshal(Line(c), &stored); err != nil {
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
	violated, err := c.Violated()
	if err != nil {
		return nil, err
	}
	return fixtureText(struct {
		PodCase
		kept
	}{c, kept{violated}})
}

// Smaller: every case that lacks one exception, one member or one item.
func (c PodCase) Smaller() []Case {
	var cases []Case
	for i := range c.Params.Except {
		params := c.Params
		params.Except = slices.Delete(slices.Clone(c.Params.Except), i, i+1)
		cases = append(cases, PodCase{params, c.Pod})
	}
	for _, at := range paths(tree(c.Pod)) {
		if pod, ok := podWithout(c.Pod, at); ok {
			cases = append(cases, PodCase{c.Params, pod})
		}
	}
	return cases
}
