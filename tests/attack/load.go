package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"podgate.io/attack/client"
)

const requestTimeout = 10 * time.Second // timeoutSeconds of the webhook configuration

// tally counts what came of requests. Safe for many goroutines.
type tally struct {
	asked, failed, wrong atomic.Int64
	slowest              atomic.Int64 // ns
	mutex                sync.Mutex
	complaints           []string // the first few
	failures             []failure
}

type failure struct {
	began time.Time
	err   error
}

func (t *tally) complain(format string, arguments ...any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.complaints) < 10 {
		t.complaints = append(t.complaints, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, arguments...))
	}
}

func (t *tally) fail(began time.Time, err error) {
	t.failed.Add(1)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.failures = append(t.failures, failure{began, err})
}

func (t *tally) err() error {
	if t.failed.Load() == 0 && t.wrong.Load() == 0 {
		return nil
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return fmt.Errorf("of %d requests %d failed, %d verdicts were wrong:\n    %s", t.asked.Load(), t.failed.Load(),
		t.wrong.Load(), strings.Join(t.complaints, "\n    "))
}

// ask sends one review and compares the answer, byte by byte, with the offline ones. `versions` tells which are right now.
func (t *tally) ask(c *client.Client, r *review, versions func() uint32) bool {
	right := versions()
	began := time.Now()
	t.asked.Add(1)
	answer, err := c.Review(context.Background(), "/validate", r.body, r.uid, requestTimeout)
	took := time.Since(began)
	for slowest := t.slowest.Load(); int64(took) > slowest && !t.slowest.CompareAndSwap(slowest, int64(took)); {
		slowest = t.slowest.Load()
	}
	if err != nil {
		t.fail(began, err)
		t.complain("%s after %s: %v", r.uid, took.Round(time.Millisecond), err)
		return false
	}
	right |= versions()
	text := strings.TrimSpace(string(answer))
	for v, offline := range r.answers {
		if right&(1<<v) != 0 && text == offline {
			return true
		}
	}
	t.wrong.Add(1)
	t.complain("%s got %.300s", r.uid, text)
	return false
}

func onlyFirst() uint32 { return 1 }

// load sends `count` requests by `workers` goroutines, in an order that the seed gives, until `until` says stop.
type load struct {
	reviews []review
	seed    uint64
	workers int
	pause   time.Duration // between two requests of a worker
	client  *client.Client
	version func() uint32
	goesOn  func(asked int64) bool
	tally   tally
	done    chan struct{}
}

func (l *load) start() {
	var next atomic.Int64
	var group sync.WaitGroup
	l.done = make(chan struct{})
	for w := range l.workers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(l.seed, uint64(w)))
			for l.goesOn(next.Add(1)) && l.tally.failed.Load() < 1000 {
				l.tally.ask(l.client, &l.reviews[random.IntN(len(l.reviews))], l.version)
				if l.pause > 0 {
					time.Sleep(l.pause)
				}
			}
		})
	}
	go func() { group.Wait(); close(l.done) }()
}

func (l *load) isDone() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// A million: two replicas under load while policies and certificates are exchanged and replicas restarted in turn.
func million(c config, out *report) error {
	reviews, err := loadReviews(c.place, c.reviews, c.seed, 4000)
	if err != nil {
		return err
	}
	f, err := newFleet(c.place)
	if err != nil {
		return err
	}
	l := &load{reviews: reviews, seed: c.seed, workers: 16, client: f.client(), version: f.version.Load,
		goesOn: func(n int64) bool { return n <= c.count }}
	began := time.Now()
	l.start()
	policies, certificates, turn, err := 0, 0, 0, error(nil)
	// A full turn takes some seconds: two are made also when the requests are few.
	for ; err == nil && (turn < 2 || !l.isDone()); turn++ {
		if err = f.exchangePolicies((turn + 1) % 2); err != nil {
			break
		}
		policies++
		if err = f.exchangeCertificate(turn); err != nil {
			break
		}
		certificates++
		err = f.restart(turn % 2)
		if turn%10 == 9 {
			out.note("%d requests after %s, %d restarts", l.tally.asked.Load(), time.Since(began).Round(time.Second), f.restarts)
		}
	}
	<-l.done
	took := time.Since(began)
	err = errors.Join(err, f.stop(), l.tally.err())
	if l.client.Retried.Load() > 0 {
		out.note("%d requests were sent again because of Retry-After", l.client.Retried.Load())
	}
	out.row("million", fmt.Sprintf("%d requests while policies, certificates and replicas are exchanged", l.tally.asked.Load()),
		fmt.Sprintf("%d reloads, %d rotations, %d restarts of one of two replicas, %s", policies, certificates, f.restarts, took.Round(time.Second)),
		l.tally.lost(), "each answer is byte for byte that of `podgate review`", err)
	return err
}

func (t *tally) lost() string {
	return fmt.Sprintf("%d failed, %d wrong", t.failed.Load(), t.wrong.Load())
}

type sample struct{ resident, descriptors int64 }

func measure(r *replica) (sample, error) {
	resident, err := r.number("process_resident_memory_bytes")
	descriptors, err2 := r.number("process_open_fds")
	// The clients' connections move between the replicas when they reach their age.
	connections, err3 := r.number("podgate_connections")
	return sample{resident, descriptors - connections}, errors.Join(err, err2, err3)
}

// A soak: one replica for a long time at a low rate, with reloads and rotations; memory and descriptors stay flat.
func soak(c config, out *report) error {
	reviews, err := loadReviews(c.place, c.reviews, c.seed, 4000)
	if err != nil {
		return err
	}
	f, err := newFleet(c.place)
	if err != nil {
		return err
	}
	end := time.Now().Add(c.soak)
	l := &load{reviews: reviews, seed: c.seed, workers: 4, pause: 20 * time.Millisecond, client: f.client(), version: f.version.Load,
		goesOn: func(int64) bool { return time.Now().Before(end) }}
	l.start()
	var samples [2][]sample
	turn := 0
	for ; err == nil && !l.isDone(); turn++ {
		err = errors.Join(f.exchangePolicies((turn+1)%2), f.exchangeCertificate(turn))
		for i, r := range f.replicas {
			s, bad := measure(r)
			samples[i] = append(samples[i], s)
			err = errors.Join(err, bad)
		}
		if turn%20 == 0 {
			out.note("%s left: %d requests, resident %d and %d KiB", time.Until(end).Round(time.Second), l.tally.asked.Load(),
				samples[0][turn].resident>>10, samples[1][turn].resident>>10)
		}
		select {
		case <-l.done:
		case <-time.After(min(c.soak/100, 10*time.Second)):
		}
	}
	<-l.done
	var flat []string
	for i := range samples {
		text, bad := isFlat(samples[i])
		flat, err = append(flat, fmt.Sprintf("replica %d: %s", i+1, text)), errors.Join(err, bad)
	}
	err = errors.Join(err, f.stop(), l.tally.err())
	out.row("soak", fmt.Sprintf("soak of %s", c.soak), fmt.Sprintf("%d requests, %d reloads and rotations", l.tally.asked.Load(), turn),
		l.tally.lost(), "from the first tenth to the last: "+strings.Join(flat, "; "), err)
	return err
}

// isFlat compares the last tenth's least with the first tenth's most: a leak has no way back.
func isFlat(samples []sample) (string, error) {
	tenth := len(samples) / 10
	if tenth < 3 {
		return "", fmt.Errorf("%d samples tell nothing: the soak was too short", len(samples))
	}
	first, last := sample{}, samples[len(samples)-1]
	for _, s := range samples[:tenth] {
		first = sample{max(first.resident, s.resident), max(first.descriptors, s.descriptors)}
	}
	for _, s := range samples[len(samples)-tenth:] {
		last = sample{min(last.resident, s.resident), min(last.descriptors, s.descriptors)}
	}
	text := fmt.Sprintf("%d to %d KiB resident, %d to %d descriptors beside connections", first.resident>>10, last.resident>>10, first.descriptors, last.descriptors)
	if last.resident > first.resident+(2<<20) || last.descriptors > first.descriptors+2 {
		return text, fmt.Errorf("memory or descriptors grow: %s", text)
	}
	return text, nil
}

type config struct {
	place     *place
	reviews   string
	seed      uint64
	count     int64
	soak      time.Duration
	only      string
	sanitized bool
}
