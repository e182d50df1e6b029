package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// PairCase: may this pod become that one? On both sides through the whole of admission.
type PairCase struct {
	Params      Params      `json:"params"`
	Subresource string      `json:"subresource,omitempty"`
	Old         *corev1.Pod `json:"old"` // nil: the pod is created
	New         *corev1.Pod `json:"new"`
}

var (
	judgedSubresources  = []string{"ephemeralcontainers", "ephemeralcontainers", "resize", "unheard-of", "Status"}
	ignoredSubresources = []string{"status", "binding", "eviction", "exec", "attach", "portforward", "proxy", "log"}
)

func randomSubresource(rng *rand.Rand) string {
	switch rng.IntN(20) {
	case 0:
		return pick(rng, ignoredSubresources)
	case 1, 2, 3, 4, 5, 6:
		return pick(rng, judgedSubresources)
	}
	return ""
}

// NewPairCase draws a case: mostly a pod and a little change of it.
func NewPairCase(rng *rand.Rand) Case {
	c := PairCase{randomParams(rng), randomSubresource(rng), RandomPod(rng), nil}
	makeNamesUnique(c.Old)
	switch rng.IntN(40) {
	case 0:
		c.Old, c.New = nil, c.Old
	case 1:
		c.New = RandomPod(rng)
	default:
		c.New = c.Old.DeepCopy()
		for range rng.IntN(4) {
			mutate(rng, c.New)
		}
	}
	return c
}

// The API server stores no two containers of one name, so a pod before an update has none. One that an update would
// make may have them: it is validated after admission.
func makeNamesUnique(pod *corev1.Pod) {
	for i, container := range allContainers(pod) {
		if slices.Contains(containerNames(pod)[:i], container.Name) {
			container.Name += fmt.Sprint("-", i)
		}
	}
}

func hasUniqueNames(pod *corev1.Pod) bool {
	names := containerNames(pod)
	slices.Sort(names)
	return len(slices.Compact(names)) == len(allContainers(pod))
}

func containerNames(pod *corev1.Pod) []string {
	var names []string
	for _, container := range allContainers(pod) {
		names = append(names, container.Name)
	}
	return names
}

// The one difference that is meant: podgate denies no write to a pod that is being deleted, but for debug containers.
func (c PairCase) isBeingDeleted() bool {
	return c.New.DeletionTimestamp != nil && c.Subresource != "ephemeralcontainers"
}

func (c PairCase) Violated() ([]string, error) {
	var stored PairCase
	if err := json.Unmarshal(Line(c), &stored); err != nil {
		return nil, err
	}
	if stored.isBeingDeleted() {
		return nil, nil
	}
	setDefaults(stored.New)
	allowed, err := Admits(stored.Params, stored.Old, stored.New, stored.Subresource)
	if err != nil || allowed {
		return nil, err
	}
	return Violated(stored.Params, stored.New)
}

func (c PairCase) Fixture() ([]byte, error) {
	violated, err := c.Violated()
	if err != nil {
		return nil, err
	}
	return fixtureText(struct {
		PairCase
		kept
	}{c, kept{violated}})
}

// Smaller: every case that lacks one member or item of both pods, of the new one, or of the old one.
func (c PairCase) Smaller() []Case {
	var cases []Case
	add := func(smaller PairCase) {
		if smaller.Old == nil || hasUniqueNames(smaller.Old) {
			cases = append(cases, smaller)
		}
	}
	if c.Subresource != "" {
		add(PairCase{c.Params, "", c.Old, c.New})
	}
	for _, at := range paths(tree(c.New)) {
		if smaller, ok := podWithout(c.New, at); ok {
			if c.Old != nil {
				old, _ := podWithout(c.Old, at)
				add(PairCase{c.Params, c.Subresource, old, smaller})
			}
			add(PairCase{c.Params, c.Subresource, c.Old, smaller})
		}
	}
	if c.Old == nil {
		return cases
	}
	for _, at := range paths(tree(c.Old)) {
		if smaller, ok := podWithout(c.Old, at); ok {
			add(PairCase{c.Params, c.Subresource, smaller, c.New})
		}
	}
	return cases
}
