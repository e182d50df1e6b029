package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const upstreamModule = "k8s.io/pod-security-admission"

// Fixture is a case from a file, with what the file says about it.
type Fixture struct {
	File string
	Case
	Says string // of Expected: the ids; or "pass" or "fail"
}

// UpstreamFixtures reads test/testdata/LEVEL/VERSION/{pass,fail} of the upstream module.
func UpstreamFixtures() ([]Fixture, error) {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", upstreamModule).Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", upstreamModule, err)
	}
	root := filepath.Join(strings.TrimSpace(string(folder)), "test", "testdata")
	files, err := filepath.Glob(filepath.Join(root, "*", "*", "*", "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no fixtures in %s", root)
	}
	fixtures := make([]Fixture, 0, len(files))
	for _, file := range files {
		below, err := filepath.Rel(root, file)
		if err != nil {
			return nil, err
		}
		part := strings.Split(filepath.ToSlash(below), "/") // LEVEL VERSION pass|fail NAME
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict(text, pod); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		params := Params{Level: part[0], Version: part[1]}
		fixtures = append(fixtures, Fixture{below, PodCase{params, pod}, part[2]})
	}
	return fixtures, nil
}

// kept is what a file of found/ says beside its case: the controls that upstream finds violated.
type kept struct {
	Violated []string `json:"violated"`
}

func fixtureText(fixture any) ([]byte, error) {
	text, err := json.MarshalIndent(fixture, "", "  ")
	return append(text, '\n'), err
}

// KeptFixtures reads the differences of former runs: pods, and pairs of them.
func KeptFixtures(folder string) ([]Fixture, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	var fixtures []Fixture
	for _, file := range files {
		fixture, err := readKept(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		fixtures = append(fixtures, fixture)
	}
	return fixtures, nil
}

func readKept(file string) (Fixture, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Fixture{}, err
	}
	var (
		says kept
		pod  PodCase
		pair PairCase
	)
	if err := errors.Join(json.Unmarshal(text, &says), json.Unmarshal(text, &pod), json.Unmarshal(text, &pair)); err != nil {
		return Fixture{}, err
	}
	fixture := Fixture{file, pod, strings.Join(says.Violated, ",")}
	if pair.New != nil {
		fixture.Case = pair
	}
	return fixture, nil
}

// The file, upstream's code and podgate must all say the same.
func (f Fixture) difference(expected, answer string) string {
	agrees := f.Says == expected
	switch f.Says {
	case "pass":
		agrees = expected == ""
	case "fail":
		agrees = expected != "" && !strings.HasPrefix(expected, "upstream")
	}
	if agrees && answer == expected {
		return ""
	}
	return fmt.Sprintf("%s: the file says %q, upstream %q, podgate %q", f.File, f.Says, expected, answer)
}

// CompareFixtures judges them on both sides, prints the differences and counts them.
func CompareFixtures(judge *Judge, fixtures []Fixture) (int, error) {
	cases := make([]Case, len(fixtures))
	for i, fixture := range fixtures {
		cases[i] = fixture.Case
	}
	answers, err := judge.Answers(cases)
	if err != nil {
		return 0, err
	}
	differences := 0
	for i, fixture := range fixtures {
		if difference := fixture.difference(Expected(cases[i]), answers[i]); difference != "" {
			fmt.Println("difference:", difference)
			differences++
		}
	}
	return differences, nil
}
