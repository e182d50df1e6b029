package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

var attacks = []attack{
	{"slow handshake: a TLS record a byte at a time", hasty, 0, slowHandshake},
	{"slow head: a request's head a byte at a time", hasty, 0, slowHead},
	{"slow body: a review a byte at a time", hasty, 0, slowBody},
	{"idle connections that never send a byte", hasty, 0, idleConnections},
	{"idle TLS connections that never ask", hasty, 96 << 10, idleTLS},
	{"half-closed connections", hasty, 0, halfClosed},
	{"new TLS connections at once, each with a review", nil, 96 << 10, burst},
	{"pipelined reviews, 20 a write", nil, 0, pipelining},
	{"heads that no client should send", nil, 0, malformedHeads},
	{"bytes that are no TLS, or broken TLS", nil, 0, garbage},
	{"TLS 1.0 and 1.1", nil, 0, downgrade},
	{"descriptors run out", nil, 0, descriptorsRunOut},
	{"descriptors run out, taken by TLS connections that never ask", nil, 0, descriptorsRunOutTLS},
	{"descriptors run out, taken by TLS connections that have asked", nil, 0, descriptorsAreHeld},
	{"clients that vanish before, in or after their answer", nil, 0, vanish},
	{"ten times as many connections as are allowed", []string{"--max-connections=64"}, 0, tenfold},
	{"bodies far beyond the memory budget, one thread", []string{"--threads=1", "--memory-budget=256KiB", "--max-body=1MiB"}, 0, overload},
	{"reviews of ten times as many clients as a server of one thread and 16 connections takes", []string{"--threads=1", "--max-connections=16"}, 0, crowdOut},
	{"reviews whose deadline is over before they have come", nil, 0, overdue},
}

const reviewHead = "POST /validate HTTP/1.1\r\nHost: podgate\r\nContent-Type: application/json\r\n"

func post(r *review, path string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: podgate\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(r.body), r.body)
}

func slowHandshake(t *trial) error {
	t.tried = 200
	err := crowd(t.tried, func(int) error {
		c, err := t.connect()
		if err != nil {
			return err
		}
		defer c.Close()
		return drip(c, "\x16\x03\x01\x3f\xff\x01", 50*time.Millisecond)
	})
	return errors.Join(err, t.grew(`podgate_connections_cut_total{reason="no_request"}`, int64(t.tried)))
}

func (t *trial) slowly(start, then string, series string) error {
	t.tried = 200
	err := crowd(t.tried, func(int) error {
		c, err := t.connectTLS()
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := io.WriteString(c, start); err != nil {
			return err
		}
		return drip(c, then, 50*time.Millisecond)
	})
	return errors.Join(err, t.grew(series, int64(t.tried)))
}

func slowHead(t *trial) error {
	return t.slowly("POST /validate HTTP/1.1\r\nX: ", "a", `podgate_connections_cut_total{reason="no_request"}`)
}

func slowBody(t *trial) error {
	return t.slowly(reviewHead+"Content-Length: 1000000\r\n\r\n", "{", `podgate_connections_cut_total{reason="slow_body"}`)
}

// areEnded: nil when the server has ended every one of them.
func areEnded[C net.Conn](connections []C) error {
	for i, c := range connections {
		for {
			_, err := c.Read(make([]byte, 512))
			if timeout, is := err.(net.Error); is && timeout.Timeout() {
				return fmt.Errorf("connection %d was never ended", i)
			}
			if err != nil {
				break
			}
		}
	}
	return nil
}

func idleConnections(t *trial) error {
	t.tried = 1000
	return many(t.tried, t.connect, areEnded[*net.TCPConn])
}

func idleTLS(t *trial) error {
	t.tried = 500
	return many(t.tried, t.connectTLS, areEnded[*tls.Conn])
}

func halfClosed(t *trial) error {
	t.tried = 1000
	return many(t.tried, func() (*net.TCPConn, error) {
		c, err := t.connect()
		if err == nil && t.random.IntN(2) == 0 {
			_, err = c.Write([]byte{0x16, 3, 1})
		}
		if err == nil {
			err = c.CloseWrite()
		}
		return c, err
	}, areEnded[*net.TCPConn])
}

func burst(t *trial) error {
	t.tried = 500
	var all tally
	crowd(t.tried, func(i int) error {
		c := t.client()
		defer c.Close()
		all.ask(c, &t.reviews[i%len(t.reviews)], onlyFirst)
		return nil
	})
	t.shown = fmt.Sprintf("slowest of them %s", time.Duration(all.slowest.Load()).Round(time.Millisecond))
	return all.err()
}

func pipelining(t *trial) error {
	t.tried = 2000
	return crowd(t.tried/20, func(i int) error {
		c, err := t.connectTLS()
		if err != nil {
			return err
		}
		defer c.Close()
		var all strings.Builder
		for k := range 20 {
			all.WriteString(post(&t.reviews[(i+k)%len(t.reviews)], "/validate"))
		}
		go io.WriteString(c, all.String())
		answers := bufio.NewReader(c)
		for k := range 20 {
			status, body, err := readAnswer(answers)
			if err != nil || status != 200 || strings.TrimSpace(body) != t.reviews[(i+k)%len(t.reviews)].answers[0] {
				return fmt.Errorf("answer %d: %d %.100s, %v", k, status, body, err)
			}
		}
		return nil
	})
}

func readAnswer(from *bufio.Reader) (int, string, error) {
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// Each has a right answer or none; the count of `podgate_http_requests_total` must have it.
var heads = []struct{ name, head string }{
	{"a header of 100 KB", "POST /validate HTTP/1.1\r\nHost: p\r\nX: " + strings.Repeat("a", 100000) + "\r\n\r\n"},
	{"2000 headers", "POST /validate HTTP/1.1\r\nHost: p\r\n" + strings.Repeat("X: a\r\n", 2000) + "\r\n"},
	{"a path of 100 KB", "POST /" + strings.Repeat("a", 100000) + " HTTP/1.1\r\nHost: p\r\n\r\n"},
	{"a method of 100 KB", strings.Repeat("A", 100000) + " / HTTP/1.1\r\nHost: p\r\n\r\n"},
	{"an absurd length", reviewHead + "Content-Length: 18446744073709551615\r\n\r\n"},
	{"a length beyond 64 bits", reviewHead + "Content-Length: 99999999999999999999999\r\n\r\n"},
	{"a negative length", reviewHead + "Content-Length: -1\r\n\r\n"},
	{"a length with a sign", reviewHead + "Content-Length: +2\r\n\r\n{}"},
	{"a length in hex", reviewHead + "Content-Length: 0x2\r\n\r\n{}"},
	{"two lengths", reviewHead + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"},
	{"the same length twice", reviewHead + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"},
	{"a list of lengths", reviewHead + "Content-Length: 2, 2\r\n\r\n{}"},
	{"no length", reviewHead + "\r\n"},
	{"chunked", reviewHead + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
	{"chunked and a length", reviewHead + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
	{"a chunk of absurd size", reviewHead + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"},
	{"an encoding that nobody knows", reviewHead + "Transfer-Encoding: cow\r\n\r\n"},
	{"a NUL in the head", "POST /validate\x00 HTTP/1.1\r\nHost: p\r\n\r\n"},
	{"blanks before the colon", "POST /validate HTTP/1.1\r\nHost : p\r\nContent-Length : 2\r\n\r\n{}"},
	{"a folded header", reviewHead + "Content-Length:\r\n 2\r\n\r\n{}"},
	{"no Host", "POST /validate HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"},
	{"HTTP/9.9", "POST /validate HTTP/9.9\r\nHost: p\r\n\r\n"},
	{"HTTP/0.9", "GET /validate\r\n\r\n"},
	{"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{"CONNECT", "CONNECT example.org:443 HTTP/1.1\r\nHost: p\r\n\r\n"},
	{"no HTTP at all", "\x00\x01\x02\x03\r\n\r\n"},
	{"a path that climbs", "POST /validate/../../etc/passwd HTTP/1.1\r\nHost: p\r\nContent-Length: 2\r\n\r\n{}"},
	{"an encoded NUL in the path", "POST /validate/%00 HTTP/1.1\r\nHost: p\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"},
}

func malformedHeads(t *trial) error {
	const rounds = 20
	t.tried = rounds * len(heads)
	var closed, answered, pages atomic.Int64
	before, err := t.refused()
	err = errors.Join(err, crowd(rounds, func(int) error {
		for _, h := range heads {
			status, body, err := t.sendHead(h.head)
			switch {
			case err != nil:
				return fmt.Errorf("%s: %w", h.name, err)
			case status == 0:
				closed.Add(1)
			case status == 200 || status >= 500 && status != 501 && status != 505:
				return fmt.Errorf("%s: status %d: %s", h.name, status, body)
			default:
				answered.Add(1)
				if !strings.HasPrefix(body, "{") {
					pages.Add(1)
				}
			}
		}
		return nil
	}))
	// The library answers some of them by itself: they are counted all the same.
	if counted, bad := t.refused(); bad != nil || counted-before < answered.Load() || counted-before > int64(t.tried) {
		err = errors.Join(err, bad, fmt.Errorf("%d were refused, %d are counted", answered.Load(), counted-before))
	}
	t.shown = fmt.Sprintf("%d refused, %d of them by libmicrohttpd itself, %d closed", answered.Load(), pages.Load(), closed.Load())
	return err
}

// refused counts the answers that were none of a review.
func (t *trial) refused() (int64, error) {
	all := int64(0)
	for _, code := range []string{"400", "404", "405", "411", "413", "415", "other"} {
		n, err := t.number(`podgate_http_requests_total{code="` + code + `"}`)
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// sendHead's status is 0 when the connection was closed without an answer.
func (t *trial) sendHead(head string) (int, string, error) {
	c, err := t.connectTLS()
	if err != nil {
		return 0, "", err
	}
	defer c.Close()
	io.WriteString(c, head)
	c.CloseWrite()
	status, body, err := readAnswer(bufio.NewReader(c))
	if timeout, is := err.(net.Error); is && timeout.Timeout() {
		return 0, "", errors.New("neither an answer nor an end")
	}
	return status, body, nil
}

func garbage(t *trial) error {
	t.tried = 2000
	hello := recordHello()
	return func() error {
		for i := range t.tried {
			c, err := t.connect()
			if err != nil {
				return err
			}
			bytes := bytes.Clone(hello)
			switch i % 4 {
			case 0: // a ClientHello with some bytes turned
				for range 1 + t.random.IntN(8) {
					bytes[t.random.IntN(len(bytes))] = byte(t.random.Uint32())
				}
			case 1: // cut short
				bytes = bytes[:t.random.IntN(len(bytes))]
			case 2: // a record of noise
				for k := 5; k < len(bytes); k++ {
					bytes[k] = byte(t.random.Uint32())
				}
			case 3: // noise
				for k := range bytes {
					bytes[k] = byte(t.random.Uint32())
				}
			}
			c.Write(bytes)
			c.CloseWrite()
			err = areEnded([]*net.TCPConn{c})
			c.Close()
			if err != nil {
				return err
			}
		}
		return nil
	}()
}

// recordHello returns what Go's client sends first.
func recordHello() []byte {
	near, far := net.Pipe()
	go tls.Client(near, &tls.Config{ServerName: serverName}).Handshake()
	buffer := make([]byte, 4096)
	n, _ := far.Read(buffer)
	near.Close()
	return buffer[:n]
}

func downgrade(t *trial) error {
	t.tried = 100
	return crowd(t.tried, func(i int) error {
		raw, err := t.connect()
		if err != nil {
			return err
		}
		defer raw.Close()
		version := uint16(tls.VersionTLS10 + i%2)
		c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if c.Handshake() == nil {
			return fmt.Errorf("TLS version %#x was accepted", version)
		}
		return nil
	})
}

// limitDescriptors is prlimit(2) on another process.
func limitDescriptors(pid int, to uint64) error {
	limit := syscall.Rlimit{Cur: to, Max: to}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_NOFILE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func descriptorsRunOut(t *trial) error {
	t.tried = 600
	if err := limitDescriptors(t.command.Process.Pid, 200); err != nil {
		return err
	}
	err := many(t.tried, t.connect, func([]*net.TCPConn) error { return t.newcomersAreServed(20) })
	return errors.Join(err, t.grew(`podgate_connections_cut_total{reason="evicted"}`, 100))
}

func descriptorsRunOutTLS(t *trial) error {
	t.tried = 400
	if err := limitDescriptors(t.command.Process.Pid, 200); err != nil {
		return err
	}
	err := many(t.tried, t.connectTLS, func([]*tls.Conn) error { return t.newcomersAreServed(20) })
	return errors.Join(err, t.grew(`podgate_connections_cut_total{reason="evicted"}`, 100))
}

func (t *trial) newcomersAreServed(n int) error {
	var all tally
	for i := range n {
		c := t.client()
		all.ask(c, &t.reviews[i], onlyFirst)
		c.Close()
	}
	return all.err()
}

// Connections that have asked are never ended to make room: they go on, newcomers wait, and are served as soon as one goes.
func descriptorsAreHeld(t *trial) error {
	const descriptors = 150
	if err := limitDescriptors(t.command.Process.Pid, descriptors); err != nil {
		return err
	}
	var held []*tls.Conn
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	for len(held) < descriptors {
		raw, err := t.connect()
		if err != nil {
			return err
		}
		raw.SetDeadline(time.Now().Add(2 * time.Second))
		c := tls.Client(raw, &tls.Config{RootCAs: t.place.authority.roots, ServerName: serverName})
		if c.Handshake() != nil {
			raw.Close()
			break
		}
		if status, _, err := askOn(c, &t.reviews[len(held)]); status != 200 || err != nil {
			return fmt.Errorf("connection %d: status %d, %v", len(held), status, err)
		}
		held = append(held, c)
	}
	t.tried = len(held)
	if len(held) < 50 || len(held) == descriptors {
		return fmt.Errorf("%d connections were taken", len(held))
	}
	for i, c := range held {
		if status, _, err := askOn(c, &t.reviews[i]); status != 200 || err != nil {
			return fmt.Errorf("connection %d, asked again: status %d, %v", i, status, err)
		}
	}
	for _, c := range held[:5] {
		c.Close()
	}
	t.shown = "all of them are answered again, a newcomer waits until one of them goes"
	return t.newcomersAreServed(3)
}

func crowdOut(t *trial) error {
	const clients, each = 160, 5
	t.tried = clients * each
	var answered, ended atomic.Int64
	err := crowd(clients, func(i int) error {
		for k := range each {
			c, err := t.connectTLS()
			if err != nil {
				ended.Add(1)
				continue
			}
			r := &t.reviews[(i*each+k)%len(t.reviews)]
			io.WriteString(c, post(r, "/validate"))
			status, body, err := readAnswer(bufio.NewReader(c))
			c.Close()
			switch {
			case err != nil:
				ended.Add(1)
			case status == 200 && strings.TrimSpace(body) == r.answers[0]:
				answered.Add(1)
			default:
				return fmt.Errorf("status %d: %.100s", status, body)
			}
		}
		return nil
	})
	t.shown = fmt.Sprintf("%d answered, %d ended to make room, newcomers served at once afterwards", answered.Load(), ended.Load())
	if answered.Load() == 0 || ended.Load() == 0 {
		err = errors.Join(err, errors.New(t.shown))
	}
	return errors.Join(err, t.newcomersAreServed(5))
}

func vanish(t *trial) error {
	t.tried = 600
	return crowd(t.tried, func(i int) error {
		c, err := t.connectTLS()
		if err != nil {
			return err
		}
		request := post(&t.reviews[i%len(t.reviews)], "/validate")
		if i%3 == 0 {
			request = request[:len(request)/2]
		}
		io.WriteString(c, request)
		if i%3 == 2 {
			c.Read(make([]byte, 1))
		}
		raw := c.NetConn().(*net.TCPConn)
		raw.SetLinger(0) // a reset, not an end
		return raw.Close()
	})
}

func tenfold(t *trial) error {
	t.tried = 640
	err := many(t.tried, t.connect, func([]*net.TCPConn) error {
		return errors.Join(t.newcomersAreServed(20), t.hasAtMost("podgate_connections", 64+64))
	})
	return errors.Join(err, t.grew(`podgate_connections_cut_total{reason="evicted"}`, 500), t.logs("all 64 connections are taken")())
}

// Half of the bodies end in the middle and wait, so that the budget stays full while others come.
func overload(t *trial) error {
	t.tried = 500
	body := strings.Repeat(" ", 200000)
	var shed, told, first atomic.Int64
	err := crowd(50, func(int) error {
		for range t.tried / 50 {
			c, err := t.connectTLS()
			if err != nil {
				return err
			}
			io.WriteString(c, reviewHead+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))+body[:len(body)/2])
			time.Sleep(20 * time.Millisecond)
			io.WriteString(c, body[len(body)/2:])
			response, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				c.Close()
				return err
			}
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
			c.Close()
			if response.StatusCode == http.StatusServiceUnavailable {
				shed.Add(1)
				if response.Header.Get("Retry-After") == "1" {
					told.Add(1)
				}
			} else if response.StatusCode != http.StatusBadRequest {
				return fmt.Errorf("status %d", response.StatusCode)
			}
		}
		return nil
	})
	if shed.Load() == 0 || told.Load() != shed.Load() {
		err = errors.Join(err, fmt.Errorf("%d were shed, %d of them with Retry-After: 1", shed.Load(), told.Load()))
	}
	// Recovery: the first request afterwards is answered without being sent again.
	c, all := t.client(), tally{}
	defer c.Close()
	all.ask(c, &t.reviews[0], onlyFirst)
	first.Store(c.Retried.Load())
	if first.Load() != 0 {
		err = errors.Join(err, errors.New("the first request after the load was shed"))
	}
	t.shown = fmt.Sprintf("%d shed with Retry-After: 1, the next request served at once", shed.Load())
	return errors.Join(err, all.err())
}

func overdue(t *trial) error {
	t.tried = 100
	return crowd(t.tried, func(i int) error {
		c, err := t.connectTLS()
		if err != nil {
			return err
		}
		defer c.Close()
		request := post(&t.reviews[i], "/validate?timeout=100ms")
		io.WriteString(c, request[:len(request)-1])
		time.Sleep(1500 * time.Millisecond) // the deadline runs from when the head is read, which a busy machine puts off
		io.WriteString(c, request[len(request)-1:])
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") != "" {
			return fmt.Errorf("status %d, Retry-After %q", response.StatusCode, response.Header.Get("Retry-After"))
		}
		return nil
	})
}
