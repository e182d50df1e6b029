package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
)

// A review and the answers that it must get: one for each version of the policies.
type review struct {
	uid     string
	body    []byte
	answers [2]string
}

var (
	uidMember = regexp.MustCompile(`("request":\s*\{\s*"uid":\s*")([^"]+)(")`)
	plainWord = regexp.MustCompile(`:\s*(true|false)\s*[,}]`)
)

// loadReviews takes the recorded reviews that get a verdict, and makes `count` of them with uids of their own and
// some of their booleans turned round. What `podgate review` answers offline is what each must get.
func loadReviews(p *place, folder string, seed uint64, count int) ([]review, error) {
	files, err := filepath.Glob(folder + "/*/request.json")
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var recorded [][]byte
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		// What nobody's encoder writes has tests of its own.
		if uidMember.Match(body) && bytes.Contains(body, []byte(`"admission.k8s.io/v1"`)) && isAnswered(p, body) {
			recorded = append(recorded, bytes.TrimSpace(body))
		}
	}
	if len(recorded) < 50 {
		return nil, fmt.Errorf("only %d recorded reviews in %s", len(recorded), folder)
	}
	random := rand.New(rand.NewPCG(seed, 1))
	reviews := make([]review, count)
	for i := range reviews {
		reviews[i] = vary(recorded[i%len(recorded)], fmt.Sprintf("attack-%d-%d", seed, i), random)
	}
	for version, policies := range policyVersions {
		if err := judgeOffline(p, policies, reviews, version); err != nil {
			return nil, err
		}
	}
	return reviews, nil
}

func isAnswered(p *place, body []byte) bool {
	command := exec.Command(p.podgate, "review")
	command.Stdin = bytes.NewReader(body)
	output, err := command.Output()
	return err == nil && bytes.Count(bytes.TrimSpace(output), []byte("\n")) == 0
}

func vary(body []byte, uid string, random *rand.Rand) review {
	body = uidMember.ReplaceAll(body, []byte("${1}"+uid+"${3}"))
	words := plainWord.FindAllSubmatchIndex(body, -1)
	if len(words) > 0 && random.IntN(2) == 0 {
		at := words[random.IntN(len(words))]
		turned := "true"
		if string(body[at[2]:at[3]]) == "true" {
			turned = "false"
		}
		body = append(append(append([]byte{}, body[:at[2]]...), turned...), body[at[3]:]...)
	}
	return review{uid: uid, body: body}
}

// Two versions of the policies, with different verdicts.
var policyVersions = [2]string{"builtin:default", "builtin:pod-security-restricted"}
var policyFiles = [2]string{"policies/default.yaml", "policies/pod-security-restricted.yaml"}

func judgeOffline(p *place, policies string, reviews []review, version int) error {
	var all bytes.Buffer
	for _, r := range reviews {
		all.Write(r.body)
		all.WriteByte('\n')
	}
	command := exec.Command(p.podgate, "review", "--policies", policies)
	command.Stdin = &all
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("podgate review: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 1<<20)
	n := 0
	for ; lines.Scan(); n++ {
		if n == len(reviews) {
			return errors.New("podgate review gave more answers than there were reviews")
		}
		reviews[n].answers[version] = lines.Text()
	}
	if n != len(reviews) {
		return fmt.Errorf("podgate review gave %d answers to %d reviews", n, len(reviews))
	}
	return nil
}
