package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"podgate.io/attack/client"
)

// What a Service's endpoints need to hear of a replica that is ending, and what podgate waits for more.
const (
	propagation = 300 * time.Millisecond
	drainQuiet  = "--drain-quiet=2s"
)

// A fleet is two replicas behind a Service: a new connection goes to any endpoint.
type fleet struct {
	place     *place
	arguments []string
	mutex     sync.Mutex
	replicas  [2]*replica
	isBehind  [2]bool
	version   atomic.Uint32 // bit v: answers of policies v are right now
	restarts  int
	dropped   int64 // log lines, of replicas that ended
}

func newFleet(p *place, arguments ...string) (*fleet, error) {
	f := &fleet{place: p, arguments: append([]string{"--policies", p.path("policies"), "--log-level=warn", drainQuiet}, arguments...)}
	f.version.Store(1)
	if err := f.writePolicies(0); err != nil {
		return nil, err
	}
	for i := range f.replicas {
		if err := f.launch(i); err != nil {
			return nil, errors.Join(err, f.stop())
		}
	}
	return f, nil
}

func (f *fleet) launch(i int) error {
	r, err := f.place.start(fmt.Sprintf("replica-%d", i), launch{arguments: f.arguments})
	if err != nil {
		return err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.replicas[i], f.isBehind[i] = r, true
	return nil
}

func (f *fleet) take(i int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.isBehind[i] = false
}

func (f *fleet) dial(ctx context.Context) (net.Conn, error) {
	f.mutex.Lock()
	var ready []string
	for i, r := range f.replicas {
		if f.isBehind[i] {
			ready = append(ready, r.address())
		}
	}
	f.mutex.Unlock()
	if len(ready) == 0 {
		return nil, errors.New("the Service has no endpoint")
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", ready[rand.IntN(len(ready))])
}

func (f *fleet) client() *client.Client {
	return client.New(serverName, f.place.authority.roots, f.dial)
}

// restart ends a replica as kubelet does and starts another in its place.
func (f *fleet) restart(i int) error {
	r := f.replicas[i]
	r.signal(syscall.SIGTERM)
	time.Sleep(propagation)
	f.take(i)
	status, err := r.end(patience)
	if err != nil || status != 0 {
		return fmt.Errorf("replica %d: exit status %d, %v%s", i, status, err, r.sanitized())
	}
	f.restarts++
	return f.launch(i)
}

func (f *fleet) stop() error {
	var all error
	for i, r := range f.replicas {
		if r == nil {
			continue
		}
		f.take(i)
		all = errors.Join(all, r.stop())
	}
	return all
}

func (f *fleet) writePolicies(version int) error {
	text, err := os.ReadFile(policyFiles[version])
	if err != nil {
		return err
	}
	return f.place.swap("policies", map[string]string{"policy.yaml": string(text)})
}

// each runs a condition on both replicas until it holds.
func (f *fleet) each(what string, holds func(*replica) error) error {
	for _, r := range f.replicas {
		if err := within(what, func() error { return holds(r) }); err != nil {
			return err
		}
	}
	return nil
}

func hash(r *replica) (string, error) { return r.series("podgate_config_hash_info") }

// exchangePolicies swaps the policies' folder. Until both replicas have the new ones, either's answers are right.
func (f *fleet) exchangePolicies(to int) error {
	before, err := hash(f.replicas[0])
	if err != nil {
		return err
	}
	f.version.Store(3)
	if err := f.writePolicies(to); err != nil {
		return err
	}
	err = f.each("reloaded", func(r *replica) error {
		now, err := hash(r)
		if err == nil && now == before {
			err = errors.New("the old policies are in force")
		}
		return err
	})
	f.version.Store(1 << to)
	return err
}

// exchangeCertificate rotates it, and waits until both replicas show the new one.
func (f *fleet) exchangeCertificate(turn int) error {
	end := time.Now().Add(time.Duration(100+turn) * time.Hour).Truncate(time.Second)
	if err := f.place.rotate(end); err != nil {
		return err
	}
	return f.each("rotated", func(r *replica) error {
		return r.is("podgate_certificate_not_after_timestamp_seconds", end.Unix())()
	})
}
