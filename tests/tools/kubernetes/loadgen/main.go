// loadgen asks the API server to create good and bad Pods, as a dry run, until it gets SIGINT or SIGTERM; then it says what
// became of them. Whatever is neither an admission nor a denial by a webhook has failed, and is told with its time.
package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// sources names what this program was built from: build.sh sets it, so that a change builds anew.
var sources string

type failure struct {
	count       int
	first, last time.Duration
}

type tally struct {
	mutex            sync.Mutex
	began            time.Time
	admitted, denied map[string]int
	failures         map[string]*failure
	slowest          time.Duration
}

func (t *tally) failed(asked time.Time, what string) {
	at := asked.Sub(t.began)
	f := t.failures[what]
	if f == nil {
		f = &failure{first: at}
		t.failures[what] = f
	}
	f.count++
	f.first, f.last = min(f.first, at), max(f.last, at)
}

func (t *tally) count(kind string, asked time.Time, status int, message string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.slowest = max(t.slowest, time.Since(asked))
	switch {
	case status == http.StatusCreated:
		t.admitted[kind]++
	case status == http.StatusForbidden && strings.Contains(message, "denied the request"):
		t.denied[kind]++
	default:
		t.failed(asked, fmt.Sprintf("a %s Pod: %d %s", kind, status, message))
	}
}

// ask sends one request and returns its status and the message of its Status, if it has one.
func ask(client *http.Client, url, token string, body []byte) (int, string) {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	bytes, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, err.Error()
	}
	var status struct{ Message string }
	if answer.StatusCode != http.StatusCreated {
		_ = json.Unmarshal(bytes, &status)
	}
	return answer.StatusCode, status.Message
}

func (t *tally) print() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	total := 0
	var texts []string
	first, last := time.Duration(1<<62), time.Duration(0)
	for text, f := range t.failures {
		total += f.count
		first, last = min(first, f.first), max(last, f.last)
		texts = append(texts, text)
	}
	sort.Strings(texts)
	fmt.Printf("good Pods: %d admitted, %d denied\n", t.admitted["good"], t.denied["good"])
	fmt.Printf("bad Pods: %d admitted, %d denied\n", t.admitted["bad"], t.denied["bad"])
	fmt.Printf("slowest: %d ms\n", t.slowest.Milliseconds())
	fmt.Printf("failed: %d\n", total)
	if total == 0 {
		return
	}
	fmt.Printf("failed within: %d ms\n", (last - first).Milliseconds())
	for _, text := range texts {
		f := t.failures[text]
		fmt.Printf("  %d times, %d to %d ms after the start: %.400s\n", f.count, f.first.Milliseconds(), f.last.Milliseconds(), text)
	}
}

func main() {
	server := flag.String("server", "https://127.0.0.1:6443", "the API server")
	token := flag.String("token", "", "a bearer token")
	namespace := flag.String("namespace", "default", "where Pods are created")
	good := flag.String("good", "", "a file with a Pod that is admitted, as JSON")
	bad := flag.String("bad", "", "a file with a Pod that is denied, as JSON")
	clients := flag.Int("clients", 4, "how many ask for each of the two")
	rate := flag.Int("rate", 25, "requests a second of each client, at most")
	flag.Parse()

	t := &tally{began: time.Now(), admitted: map[string]int{}, denied: map[string]int{}, failures: map[string]*failure{}}
	url := fmt.Sprintf("%s/api/v1/namespaces/%s/pods?dryRun=All", *server, *namespace)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	ended := make(chan struct{})
	var asking sync.WaitGroup
	for kind, file := range map[string]string{"good": *good, "bad": *bad} {
		body, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		for range *clients {
			asking.Add(1)
			go func() {
				defer asking.Done()
				for tick := time.Tick(time.Second / time.Duration(*rate)); ; {
					select {
					case <-ended:
						return
					case <-tick:
						asked := time.Now()
						status, message := ask(client, url, *token, body)
						t.count(kind, asked, status, message)
					}
				}
			}()
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	close(ended)
	asking.Wait()
	t.print()
}
