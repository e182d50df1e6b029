package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	batchSize      = 500
	differencesMax = 10
)

// variable is what tells two differences of one kind apart.
var variable = regexp.MustCompile(`[0-9]+|\\"[^"]*"|\S*[^a-z ,:.'"]\S*`)

// A Language is what is read by both sides.
type Language struct {
	Name, Other string
	read        func([]byte) Reading // the other side
	equal       func(a, b any) bool
	known       []Known
	seeds       [][]byte
	words       []string
	ends        string // bytes that end a value
	value       func(*rand.Rand) string
}

func jsonLanguage(root string) *Language {
	words := words(filepath.Join(root, "tests/fuzz/dictionaries/json.txt"))
	values := []string{"0.1e-5", "-0", "1E400", "12345678901234567890.5", `"\ud83d\udc33"`, `{"a":1,"\u0061":2}`, `[[[{"a":[]}]]]`,
		strings.Repeat("[", 60) + strings.Repeat("]", 60), "12345." + strings.Repeat("0987654321", 6)}
	for _, word := range words {
		if json.Valid([]byte(word)) {
			values = append(values, word)
		}
	}
	texts := seeds(".json", filepath.Join(root, "tests/reviews"), filepath.Join(root, "tests/conformance/found"))
	return &Language{
		Name: "json", Other: "encoding/json", read: readJSON, equal: reflect.DeepEqual, known: knownOfJSON,
		seeds: append(texts, []byte("\xef\xbb\xbf{}")),
		words: append(words, "\\u0000", "\\ud800", "\\udc00", "\\/", "\\n", "\xc3", "\x1f", "\xef\xbb\xbf", "1.", "01", "-", "1E+2", "\"", ",", "\u2028"),
		ends:  ",}]",
		value: func(rng *rand.Rand) string {
			if rng.IntN(8) == 0 {
				return scalar(rng)
			}
			return pick(rng, values)
		},
	}
}

func yamlLanguage(root string) *Language {
	return &Language{
		Name: "yaml", Other: "kubectl", read: readYAML, equal: equalNumbers, known: knownOfYAML,
		seeds: seeds(".yaml", filepath.Join(root, "tests/checks"), filepath.Join(root, "tests/cli"), filepath.Join(root, "tests/policies"),
			filepath.Join(root, "tests/policy-tests"), filepath.Join(root, "tests/e2e"), filepath.Join(root, "examples")),
		words: words(filepath.Join(root, "tests/fuzz/dictionaries/yaml.txt")),
		ends:  "\n,}]",
		value: func(rng *rand.Rand) string { return " " + scalar(rng) },
	}
}

// equalNumbers compares as the API server would after kubectl has written the other's numbers anew: whole numbers within 64 bits
// to the digit, others as float64.
func equalNumbers(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, is := b.(map[string]any)
		if !is || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			if other, has := b[key]; !has || !equalNumbers(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, is := b.([]any)
		if !is || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalNumbers(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, is := b.(json.Number)
		return is && (a == b || !isWhole(a) && !isWhole(b) && equalFloats(a, b) || isWhole(a) != isWhole(b) && equalFloats(a, b))
	}
	return a == b
}

func isWhole(n json.Number) bool {
	if _, err := strconv.ParseUint(string(n), 10, 64); err == nil {
		return true
	}
	_, err := n.Int64()
	return err == nil
}

func equalFloats(a, b json.Number) bool {
	x, _ := a.Float64() // too large is an infinity, on both sides
	y, _ := b.Float64()
	return x == y
}

// differs says in what way, or nothing. What podgate complains of nobody takes for something else; where it does not, it must
// have seen every document that the other side has read.
func (l *Language) differs(ours, theirs Reading) string {
	if ours.Err != "" && theirs.Err != "" {
		return ""
	}
	rest := ours.Documents
	for _, document := range theirs.Documents {
		for len(rest) > 0 && !l.equal(rest[0], document) {
			rest = rest[1:]
		}
		if len(rest) == 0 && ours.Err != "" {
			break // before it has come so far
		}
		if len(rest) == 0 {
			return fmt.Sprintf("podgate does not see what %s reads", l.Other)
		}
		rest = rest[1:]
	}
	if theirs.Err != "" {
		return l.Other + " refuses: " + theirs.Err
	}
	if ours.Err != "" {
		return "podgate refuses: " + ours.Err
	}
	if len(ours.Documents) > len(theirs.Documents) {
		return "podgate sees more documents"
	}
	return ""
}

func (l *Language) find(difference string, text []byte) int {
	for i, known := range l.known {
		if known.pattern.MatchString(difference) && known.text.Match(text) {
			return i
		}
	}
	return -1
}

// Compare reads the seeds as they are, then changed texts, and prints what came of them.
func (l *Language) Compare(driver string, count int, seed uint64) (int, error) {
	podgate, err := startPodgate(driver)
	if err != nil {
		return 0, err
	}
	defer podgate.Close()
	tally := make([]int, len(l.known))
	shown := map[string]bool{}
	began, read, agreed, differences := time.Now(), 0, 0, 0
	take := func(texts [][]byte) error {
		ours, err := podgate.Read(l.Name, texts)
		if err != nil {
			return err
		}
		for i, text := range texts {
			theirs := l.read(text)
			difference := l.differs(ours[i], theirs)
			read++
			if difference == "" && theirs.Err == "" {
				agreed++
			} else if difference == "" {
			} else if known := l.find(difference, text); known >= 0 {
				tally[known]++
			} else if differences++; !shown[variable.ReplaceAllString(difference, "…")] && len(shown) < differencesMax {
				shown[variable.ReplaceAllString(difference, "…")] = true
				l.show(podgate, text, difference)
			}
		}
		return nil
	}
	err = take(l.seeds)
	for batch := 0; err == nil && batch*batchSize < count; batch++ {
		rng := rand.New(rand.NewPCG(seed, uint64(batch)))
		texts := make([][]byte, min(batchSize, count-batch*batchSize))
		for i := range texts {
			texts[i] = l.draw(rng)
		}
		err = take(texts)
	}
	if err != nil {
		return 0, err
	}
	fmt.Printf("%s: %d texts (%d as they are), seed %d: both read %d alike, %d differences (%.0f s)\n",
		l.Name, read, len(l.seeds), seed, agreed, differences, time.Since(began).Seconds())
	for i, known := range l.known {
		fmt.Printf("  %7d known: %s\n", tally[i], known.reason)
	}
	return differences, nil
}

// show cuts a text down as long as podgate and the others differ in the same way, and prints it.
func (l *Language) show(podgate *Podgate, text []byte, difference string) {
	for size := len(text) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(text); {
			smaller := splice(text, at, at+size, nil)
			ours, err := podgate.Read(l.Name, [][]byte{smaller})
			if err != nil {
				return
			}
			if now := l.differs(ours[0], l.read(smaller)); now != "" && l.find(now, smaller) < 0 {
				text, difference = smaller, now
			} else {
				at += size
			}
		}
	}
	ours, _ := podgate.Read(l.Name, [][]byte{text})
	theirs := l.read(text)
	fmt.Printf("difference: %s\n  text:    %q\n  podgate: %q %q\n  %s: %q %q\n", difference, text, ours[0].Documents, ours[0].Err,
		l.Other, theirs.Documents, theirs.Err)
}
