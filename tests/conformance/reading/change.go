package main

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const seedMax = 8 << 10 // bytes of a file that is changed

// seeds are the files below folders whose names end so, in the order of their paths.
func seeds(suffix string, folders ...string) (texts [][]byte) {
	for _, folder := range folders {
		filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, suffix) {
				return nil
			}
			if text, err := os.ReadFile(path); err == nil && len(text) <= seedMax {
				texts = append(texts, text)
			}
			return nil
		})
	}
	return texts
}

// words are those of a dictionary in libFuzzer's form.
func words(file string) (found []string) {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if word, err := strconv.Unquote(strings.TrimSpace(line)); err == nil {
			found = append(found, word)
		}
	}
	return found
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// scalars are made of pieces that readers of YAML make numbers, booleans and dates of.
var pieces = []string{"0", "1", "7", "8", "9", "10", "_", ".", "-", "+", "e", "E", "x", "X", "o", "b", ":", "a", "F", "n", "y",
	"yes", "No", "on", "OFF", "true", "False", "null", "~", "inf", "nan", ".inf", " ", "2001-01-01", "T", "Z", "'", "\"", "!!str ",
	"!!int ", "!!float ", "!!bool ", "&a ", "*a", "<<", "=", "9223372036854775807", "18446744073709551615", "1e400", "#", ",", "|", ">",
	"%", "@", "`", "\t", "\u00e9", "\u0085", "\u2028"}

func scalar(rng *rand.Rand) string {
	var text strings.Builder
	for range 1 + rng.IntN(5) {
		text.WriteString(pick(rng, pieces))
	}
	return text.String()
}

// splice puts `by` in the place of what stands from `from` to `to`.
func splice(text []byte, from, to int, by []byte) []byte {
	return bytes.Join([][]byte{text[:from], by, text[to:]}, nil)
}

// change changes a text in one place.
func (l *Language) change(rng *rand.Rand, text []byte) []byte {
	at := rng.IntN(len(text) + 1)
	end := min(at+rng.IntN(24), len(text))
	switch rng.IntN(12) {
	case 0:
		return splice(text, at, end, nil)
	case 1: // something stands again elsewhere
		to := rng.IntN(len(text) + 1)
		return splice(text, to, to, text[at:end])
	case 2: // another byte
		return splice(text, at, min(at+1, len(text)), []byte{byte(rng.IntN(256))})
	case 3: // a part of another text
		other := pick(rng, l.seeds)
		from := rng.IntN(len(other) + 1)
		return splice(text, at, end, other[from:min(from+rng.IntN(64), len(other))])
	case 4, 5:
		return splice(text, at, at, []byte(pick(rng, l.words)))
	default:
		return l.changeValue(rng, text, at)
	}
}

// changeValue changes what stands behind the next colon, up to the end of the line or of the value.
func (l *Language) changeValue(rng *rand.Rand, text []byte, at int) []byte {
	colon := bytes.IndexByte(text[at:], ':')
	if colon < 0 {
		return text
	}
	start := at + colon + 1
	end := bytes.IndexAny(text[start:], l.ends)
	if end < 0 {
		end = len(text) - start
	}
	return splice(text, start, start+end, []byte(l.value(rng)))
}

func (l *Language) draw(rng *rand.Rand) []byte {
	text := pick(rng, l.seeds)
	for range 1 + rng.IntN(4) {
		text = l.change(rng, text)
	}
	return text
}
