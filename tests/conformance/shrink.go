package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// A path leads through decoded JSON: keys of objects, indexes of lists.
type path []any

// tree is a value as decoded JSON, its numbers as written.
func tree(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		panic(err)
	}
	return decoded
}

// paths lead to all members and items below a value, the outermost first.
func paths(value any) []path {
	var found, deeper []path
	add := func(step, child any) {
		found = append(found, path{step})
		for _, below := range paths(child) {
			deeper = append(deeper, append(path{step}, below...))
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			add(key, value[key])
		}
	case []any:
		for i, item := range value {
			add(i, item)
		}
	}
	return append(found, deeper...)
}

// without is a copy that lacks what stands at the path; the same value where that leads nowhere.
func without(value any, at path) any {
	switch value := value.(type) {
	case map[string]any:
		key, _ := at[0].(string)
		child, ok := value[key]
		if !ok {
			return value
		}
		rest := maps.Clone(value)
		if len(at) == 1 {
			delete(rest, key)
		} else {
			rest[key] = without(child, at[1:])
		}
		return rest
	case []any:
		i, ok := at[0].(int)
		if !ok || i >= len(value) {
			return value
		}
		rest := slices.Clone(value)
		if len(at) == 1 {
			return slices.Delete(rest, i, i+1)
		}
		rest[i] = without(value[i], at[1:])
		return rest
	}
	return value
}

// podWithout is the pod without what stands at the path; false when that makes it no smaller: a name or an
// empty object that is written anyway.
func podWithout(pod *corev1.Pod, at path) (*corev1.Pod, bool) {
	whole := tree(pod)
	var smaller corev1.Pod
	text, err := json.Marshal(without(whole, at))
	if err != nil || json.Unmarshal(text, &smaller) != nil {
		return pod, false
	}
	return &smaller, len(paths(tree(&smaller))) < len(paths(whole))
}
