package main

import (
	"bufio"
	"encoding/json"
	"slices"
	"strings"

	"podgate.io/conformance/driver"
)

// A Case is one question to both sides.
type Case interface {
	// Violated are the ids of the controls that upstream finds violated, sorted.
	Violated() ([]string, error)
	// Smaller are the cases that lack one thing of this one.
	Smaller() []Case
	// Fixture is the file that keeps the case.
	Fixture() ([]byte, error)
}

// Line is the question as driver.c reads it, without newline.
func Line(c Case) []byte {
	line, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return line
}

// Expected is upstream's answer: what is violated, divided by commas; empty: allowed. It judges what the API server
// would store, which is not always what was written.
func Expected(c Case) string {
	violated, err := c.Violated()
	if err != nil {
		return "upstream: " + err.Error()
	}
	return strings.Join(violated, ",")
}

// Judge is podgate: a running driver. It answers one line for each line.
type Judge struct{ *driver.Driver }

func StartJudge(path string) (*Judge, error) {
	running, err := driver.Start(path)
	return &Judge{running}, err
}

// Answers gives podgate's answers, sorted as Expected.
func (j *Judge) Answers(cases []Case) ([]string, error) {
	answers := make([]string, len(cases))
	err := j.Ask(func(out *bufio.Writer) {
		for _, c := range cases {
			out.Write(Line(c))
			out.WriteByte('\n')
		}
	}, func() error {
		for i := range answers {
			line, err := j.Line()
			if err != nil {
				return err
			}
			answers[i] = sortedIDs(line)
		}
		return nil
	})
	return answers, err
}

func sortedIDs(answer string) string {
	if strings.HasPrefix(answer, "error") {
		return answer
	}
	ids := strings.Split(answer, ",")
	slices.Sort(ids)
	return strings.Join(ids, ",")
}

// Differs tells whether the two sides disagree about a case.
func (j *Judge) Differs(c Case) (bool, error) {
	answers, err := j.Answers([]Case{c})
	return err == nil && answers[0] != Expected(c), err
}

// Shrink takes things away from a case as long as the sides still disagree.
func (j *Judge) Shrink(c Case) (Case, error) {
	for again := true; again; {
		again = false
		for _, smaller := range c.Smaller() {
			differs, err := j.Differs(smaller)
			if err != nil {
				return c, err
			}
			if differs {
				c, again = smaller, true
				break
			}
		}
	}
	return c, nil
}
