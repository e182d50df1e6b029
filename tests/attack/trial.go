package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"podgate.io/attack/client"
)

// A trial is one attack on one replica, while a well-behaved client goes on asking it.
type trial struct {
	*replica
	reviews []review
	random  *rand.Rand
	shown   string // what the attack saw, for the report
	tried   int
}

type attack struct {
	name      string
	arguments []string
	residentK int64 // the most that memory may be afterwards; 0: 48 MiB
	run       func(*trial) error
}

// With this podgate, slow clients are slow after two seconds.
var hasty = []string{"--first-request-timeout=2s", "--body-timeout=2s"}

const residentMost = 48 << 10

func runAttacks(c config, out *report) error {
	reviews, err := loadReviews(c.place, c.reviews, c.seed, 500)
	if err != nil {
		return err
	}
	for i := range attacks {
		if strings.Contains(attacks[i].name, c.only) {
			attacks[i].try(c, reviews, out)
		}
	}
	return nil
}

func (a *attack) try(c config, reviews []review, out *report) {
	t := &trial{reviews: reviews, random: rand.New(rand.NewPCG(c.seed, 2))}
	var err error
	t.replica, err = c.place.start("attacked", launch{arguments: append([]string{"--drain-quiet=0s", "--log-level=warn"}, a.arguments...)})
	if err != nil {
		out.row("attacks", a.name, "", "", "", err)
		return
	}
	defer t.kill()
	var isOver atomic.Bool
	bystander := &load{reviews: reviews, seed: c.seed, workers: 2, pause: 10 * time.Millisecond, client: t.client(),
		version: onlyFirst, goesOn: func(int64) bool { return !isOver.Load() }}
	bystander.start()
	// The bystander's own connections are there before those of the attack, and it is heard before and after.
	err = t.waitAsked(bystander, 20)
	before, _ := t.number("process_open_fds")
	err = errors.Join(err, a.run(t), t.waitAsked(bystander, 20))
	// What the attack held is free again, also while the bystander goes on.
	err = errors.Join(err, within("free of descriptors", func() error { return t.hasAtMost("process_open_fds", before+2) }))
	isOver.Store(true)
	<-bystander.done
	bystander.client.Close()
	most := a.residentK
	if most == 0 {
		most = residentMost
	}
	if c.sanitized {
		most = 4 << 20
	}
	resident, _ := t.number("process_resident_memory_bytes")
	err = errors.Join(err, bystander.tally.err(), t.hasAtMost("process_resident_memory_bytes", most<<10),
		within("empty", t.is("podgate_connections", 0)), within("idle", t.is("podgate_inflight_requests", 0)),
		within("without bodies", t.is("podgate_body_bytes", 0)), t.stop())
	shown := fmt.Sprintf("the others' slowest answer %s, %d MiB resident afterwards", time.Duration(bystander.tally.slowest.Load()).Round(time.Millisecond), resident>>20)
	if t.shown != "" {
		shown = t.shown + "; " + shown
	}
	out.row("attacks", a.name, fmt.Sprint(t.tried), fmt.Sprintf("%s of %d", bystander.tally.lost(), bystander.tally.asked.Load()), shown, err)
}

func (t *trial) client() *client.Client { return serviceOf(t.replica).client() }

// serviceOf is a Service with one endpoint.
func serviceOf(r *replica) *fleet {
	return &fleet{place: r.place, replicas: [2]*replica{r}, isBehind: [2]bool{true}}
}

// waitAsked waits until the bystander has got more answers.
func (t *trial) waitAsked(bystander *load, more int64) error {
	asked := bystander.tally.asked.Load()
	return within("served", func() error {
		if now := bystander.tally.asked.Load(); now < asked+more {
			return fmt.Errorf("%d answers of %d", now-asked, more)
		}
		return nil
	})
}

func (r *replica) hasAtMost(series string, most int64) error {
	value, err := r.number(series)
	if err == nil && value > most {
		err = fmt.Errorf("%s is %d, more than %d", series, value, most)
	}
	return err
}

// grew: nil once a counter is at least so much.
func (r *replica) grew(series string, least int64) error {
	return within("counted", func() error {
		value, err := r.number(series)
		if err == nil && value < least {
			err = fmt.Errorf("%s is %d, less than %d", series, value, least)
		}
		return err
	})
}

// --- connections of an attacker: no wait is without a deadline

func (t *trial) connect() (*net.TCPConn, error) {
	connection, err := net.DialTimeout("tcp", t.address(), patience)
	if err != nil {
		return nil, err
	}
	connection.SetDeadline(time.Now().Add(patience))
	return connection.(*net.TCPConn), nil
}

func (t *trial) connectTLS() (*tls.Conn, error) {
	raw, err := t.connect()
	if err != nil {
		return nil, err
	}
	connection := tls.Client(raw, &tls.Config{RootCAs: t.place.authority.roots, ServerName: serverName})
	if err := connection.Handshake(); err != nil {
		raw.Close()
		return nil, err
	}
	return connection, nil
}

// crowd runs one function n times side by side; failures are joined, the first few.
func crowd(n int, one func(i int) error) error {
	var group sync.WaitGroup
	var mutex sync.Mutex
	var all []error
	for i := range n {
		group.Go(func() {
			if err := one(i); err != nil {
				mutex.Lock()
				defer mutex.Unlock()
				if len(all) < 5 {
					all = append(all, fmt.Errorf("number %d: %w", i, err))
				}
			}
		})
	}
	group.Wait()
	return errors.Join(all...)
}

// many makes connections and keeps them until `then` has run.
func many[C net.Conn](n int, connect func() (C, error), then func([]C) error) error {
	connections := make([]C, 0, n)
	defer func() {
		for _, c := range connections {
			c.Close()
		}
	}()
	for range n {
		c, err := connect()
		if err != nil {
			return err
		}
		connections = append(connections, c)
	}
	return then(connections)
}

// drip writes bytes one by one until the server has had enough of it. Its own end counts as not being cut.
func drip(c net.Conn, bytes string, every time.Duration) error {
	for began, i := time.Now(), 0; time.Since(began) < patience; i++ {
		if _, err := c.Write([]byte{bytes[i%len(bytes)]}); err != nil {
			return nil
		}
		time.Sleep(every)
	}
	return errors.New("the connection was never cut")
}
