package main

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	batchSize      = 500
	differencesMax = 10 // kept of one run
)

// Random is a run of cases drawn at random. The cases depend on the seed and the count alone, not on the workers.
type Random struct {
	Name    string // what is drawn: "pods"
	Draw    func(*rand.Rand) Case
	Count   int
	Seed    uint64
	Limit   time.Duration
	Workers int
}

type tally struct {
	judged, allowed, differences atomic.Int64
	mutex                        sync.Mutex
	found                        []Case // guarded by mutex
	err                          error  // guarded by mutex
}

func (t *tally) fail(err error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.err == nil {
		t.err = err
	}
}

func (t *tally) add(c Case) {
	t.differences.Add(1)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.found) < differencesMax {
		t.found = append(t.found, c)
	}
}

func (r Random) compareBatch(judge *Judge, batch int, total *tally) error {
	rng := rand.New(rand.NewPCG(r.Seed, uint64(batch)))
	cases := make([]Case, min(batchSize, r.Count-batch*batchSize))
	for i := range cases {
		cases[i] = r.Draw(rng)
	}
	answers, err := judge.Answers(cases)
	if err != nil {
		return err
	}
	for i, c := range cases {
		expected := Expected(c)
		if expected == "" {
			total.allowed.Add(1)
		}
		if answers[i] != expected {
			total.add(c)
		}
	}
	total.judged.Add(int64(len(cases)))
	return nil
}

func (r Random) work(driver string, next *atomic.Int64, total *tally, began time.Time) error {
	judge, err := StartJudge(driver)
	if err != nil {
		return err
	}
	defer judge.Close()
	for {
		batch := int(next.Add(1) - 1)
		late := r.Limit > 0 && time.Since(began) > r.Limit
		if batch*batchSize >= r.Count || late || total.differences.Load() >= differencesMax {
			return nil
		}
		if err := r.compareBatch(judge, batch, total); err != nil {
			return err
		}
	}
}

// Compare judges random cases on both sides, prints the tally, shrinks and keeps the differences.
func (r Random) Compare(driver string, judge *Judge, found string) (int64, error) {
	var (
		total   tally
		next    atomic.Int64
		workers sync.WaitGroup
		began   = time.Now()
	)
	for range r.Workers {
		workers.Go(func() {
			if err := r.work(driver, &next, &total, began); err != nil {
				total.fail(err)
			}
		})
	}
	workers.Wait()
	if total.err != nil {
		return 0, total.err
	}
	judged, differences := total.judged.Load(), total.differences.Load()
	rate := float64(judged) / time.Since(began).Seconds()
	allowed := 100 * float64(total.allowed.Load()) / float64(max(judged, 1))
	fmt.Printf("random %s: %d of %d, seed %d, %.0f/s, %.1f%% allowed, %d differences\n",
		r.Name, judged, r.Count, r.Seed, rate, allowed, differences)
	return differences, keep(judge, found, total.found)
}

func keep(judge *Judge, folder string, cases []Case) error {
	for _, c := range cases {
		smallest, err := judge.Shrink(c)
		if err != nil {
			return err
		}
		answers, err := judge.Answers([]Case{smallest})
		if err != nil {
			return err
		}
		text, err := smallest.Fixture()
		if err != nil {
			return err
		}
		file := filepath.Join(folder, fmt.Sprintf("%.6x.json", sha256.Sum256(text)))
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
		fmt.Printf("difference: %s\n  upstream: %q\n  podgate:  %q\n%s", file, Expected(smallest), answers[0], text)
	}
	return nil
}
