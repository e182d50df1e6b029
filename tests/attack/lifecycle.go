package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"podgate.io/attack/client"
)

// A stage is one thing that happens in a life, to a fleet of two replicas under load or to one replica.
type stage struct {
	name string
	run  func(*life) error
}

type life struct {
	*place
	reviews []review
	seed    uint64
	tally   *tally // of the well-behaved load; nil: the stage had none
	tried   string
	shown   string
}

var stages = []stage{
	{"SIGTERM under load, a second replica", termUnderLoad},
	{"what a drain does, in its order", drainOrder},
	{"a request comes just when a drain ends", askAtTheEnd},
	{"a second SIGTERM", secondSignal},
	{"a crash (SIGKILL) under load, a second replica", crash},
	{"the clock jumps, forward and back, also past the certificate's end", clockJumps},
	{"the certificate expires while podgate runs", certificateExpires},
	{"policies vanish, cannot be read, are half written", policiesBreak},
	{"the log's disk is full", logDiskFull},
	{"the log's disk fills up, and is emptied", logDiskFills},
	{"nobody reads the log's pipe", logPipeStuck},
}

func runLifecycle(c config, out *report) error {
	reviews, err := loadReviews(c.place, c.reviews, c.seed, 500)
	if err != nil {
		return err
	}
	for _, s := range stages {
		if !strings.Contains(s.name, c.only) {
			continue
		}
		l := &life{place: c.place, reviews: reviews, seed: c.seed}
		err := s.run(l)
		lost := "–"
		if l.tally != nil {
			lost = fmt.Sprintf("%s of %d", l.tally.lost(), l.tally.asked.Load())
		}
		out.row("lifecycle", s.name, l.tried, lost, l.shown, err)
	}
	return nil
}

// under runs `what` while a load asks the fleet; nothing may be lost.
func (l *life) under(f *fleet, workers int, what func() error) error {
	var isOver atomic.Bool
	all := &load{reviews: l.reviews, seed: l.seed, workers: workers, pause: 5 * time.Millisecond, client: f.client(),
		version: f.version.Load, goesOn: func(int64) bool { return !isOver.Load() }}
	l.tally = &all.tally
	all.start()
	err := what()
	asked := all.tally.asked.Load()
	err = errors.Join(err, within("served", func() error {
		if all.tally.asked.Load() < asked+50 {
			return errors.New("too few answers")
		}
		return nil
	}))
	isOver.Store(true)
	<-all.done
	all.client.Close()
	return errors.Join(err, all.tally.err())
}

// alone runs `what` beside a load on one replica, and ends that.
func (l *life) alone(name string, start launch, what func(*replica) error) error {
	r, err := l.start(name, start)
	if err != nil {
		return err
	}
	defer r.kill()
	f := serviceOf(r)
	f.version.Store(1)
	return errors.Join(l.under(f, 4, func() error { return what(r) }), r.stop())
}

func termUnderLoad(l *life) error {
	f, err := newFleet(l.place)
	if err != nil {
		return err
	}
	l.tried = "6 restarts in turn"
	l.shown = "exit status 0 each time"
	return errors.Join(l.under(f, 8, func() error {
		for i := range 6 {
			if err := f.restart(i % 2); err != nil {
				return err
			}
		}
		return nil
	}), f.stop())
}

func dialTLS(r *replica) (*tls.Conn, error) {
	return tls.Dial("tcp", r.address(), &tls.Config{RootCAs: r.place.authority.roots, ServerName: serverName})
}

// askOn sends a review on a connection of its own choice: the answer's status and whether it ends the connection.
func askOn(c *tls.Conn, r *review) (int, bool, error) {
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, post(r, "/validate")); err != nil {
		return 0, false, err
	}
	return hear(c)
}

func hear(c *tls.Conn) (int, bool, error) {
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, false, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Close, err
}

func drainOrder(l *life) error {
	l.tried = "once"
	r, err := l.start("drained", launch{arguments: []string{"--drain-quiet=2s"}})
	if err != nil {
		return err
	}
	defer r.kill()
	old, err := dialTLS(r)
	if err != nil {
		return err
	}
	defer old.Close()
	if status, closes, err := askOn(old, &l.reviews[0]); status != 200 || closes || err != nil {
		return fmt.Errorf("before the drain: status %d, connection ends: %t, %v", status, closes, err)
	}
	r.signal(syscall.SIGTERM)
	if err := within("unready", func() error { return r.isUnready("draining") }); err != nil {
		return err
	}
	if status, _, err := get(r.health, "/livez"); status != 200 {
		return fmt.Errorf("/livez while draining: %d, %v", status, err)
	}
	for what, connect := range map[string]func() (*tls.Conn, error){
		"a connection from before": func() (*tls.Conn, error) { return old, nil },
		"a new connection":         func() (*tls.Conn, error) { return dialTLS(r) },
	} {
		c, err := connect()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		status, closes, err := askOn(c, &l.reviews[1])
		c.Close()
		if status != 200 || !closes || err != nil {
			return fmt.Errorf("%s, while draining: status %d, connection ends: %t, %v", what, status, closes, err)
		}
	}
	asked := time.Now()
	status, err := r.end(patience)
	if quiet := time.Since(asked); err != nil || status != 0 || quiet < 1500*time.Millisecond {
		return fmt.Errorf("exit status %d %s after the last request, %v", status, quiet, err)
	}
	l.shown = "not ready at once, alive, old and new connections are answered and then ended, the end comes after the quiet time"
	return r.logs("ended with 0 requests unanswered")()
}

// Clients with idle connections ask at moments around the end of a drain. On the loopback, what was written before the end could be
// read is in podgate's socket: that must be answered, because net/http does not send a POST again.
func askAtTheEnd(l *life) error {
	const rounds, connections = 10, 100
	var answered, early, met, cut atomic.Int64
	for range rounds {
		r, err := l.start("ending", launch{arguments: []string{"--drain-quiet=0s", "--log-level=warn"}})
		if err != nil {
			return err
		}
		var idle []*tls.Conn
		for i := range connections {
			c, err := dialTLS(r)
			if err == nil {
				_, _, err = askOn(c, &l.reviews[i])
			}
			if err != nil {
				r.kill()
				return err
			}
			idle = append(idle, c)
		}
		r.signal(syscall.SIGTERM)
		crowd(connections, func(i int) error {
			defer idle[i].Close()
			time.Sleep(time.Duration(i) * 50 * time.Microsecond)
			if isTold(idle[i]) {
				early.Add(1)
				return nil
			}
			idle[i].SetDeadline(time.Now().Add(patience))
			_, err := io.WriteString(idle[i], post(&l.reviews[i], "/validate"))
			crossed := err != nil || isTold(idle[i])
			status, _, err := hear(idle[i])
			switch {
			case err == nil && status == 200:
				answered.Add(1)
			case crossed:
				met.Add(1)
			default:
				cut.Add(1)
			}
			return nil
		})
		status, err := r.end(patience)
		r.kill()
		if err != nil || status != 0 {
			return fmt.Errorf("exit status %d, %w", status, err)
		}
	}
	l.tried = fmt.Sprintf("%d drains, %d requests", rounds, answered.Load()+met.Load()+cut.Load())
	l.shown = fmt.Sprintf("%d answered, %d met the end on the wire, %d were cut off; %d connections ended before they asked",
		answered.Load(), met.Load(), cut.Load(), early.Load())
	// Between podgate's look into a socket and its end of it there are microseconds, for a machine that is not busy.
	if answered.Load() == 0 || cut.Load() > 3+answered.Load()/50 {
		return errors.New(l.shown)
	}
	return nil
}

// isTold: whether the connection's end has come already, as net/http would have read it.
func isTold(c *tls.Conn) bool {
	raw, err := c.NetConn().(syscall.Conn).SyscallConn()
	if err != nil {
		return true
	}
	told := false
	raw.Control(func(fd uintptr) {
		one := make([]byte, 1)
		n, _, err := syscall.Recvfrom(int(fd), one, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		told = err != syscall.EAGAIN && n <= 0
	})
	return told
}

func secondSignal(l *life) error {
	l.tried = "5 times"
	for range 5 {
		r, err := l.start("impatient", launch{arguments: []string{"--drain-quiet=10m", "--drain-timeout=30m"}})
		if err != nil {
			return err
		}
		r.signal(syscall.SIGTERM)
		err = within("unready", func() error { return r.isUnready("draining") })
		r.signal(syscall.SIGTERM)
		status, bad := r.end(patience)
		r.kill()
		if err = errors.Join(err, bad, r.logs("a second signal: ending at once")()); err != nil || status != 0 {
			return fmt.Errorf("exit status %d, %w", status, err)
		}
	}
	l.shown = "it ends at once, exit status 0"
	return nil
}

// Requests that are on their way to a process when it crashes fail, for client-go sends no POST again. Those that begin when it is
// gone, and its endpoint with it, must not.
func crash(l *life) error {
	f, err := newFleet(l.place)
	if err != nil {
		return err
	}
	const crashes, workers = 20, 8
	l.tried = fmt.Sprintf("%d times", crashes)
	var moments []crashMoment
	err = l.under(f, workers, func() error {
		for i := range crashes {
			r := f.replicas[i%2]
			moment := crashMoment{began: time.Now()}
			r.signal(syscall.SIGKILL)
			f.take(i % 2)
			r.kill()
			moment.gone = time.Now()
			moments = append(moments, moment)
			time.Sleep(200 * time.Millisecond) // the other one has it all
			if err := f.launch(i % 2); err != nil {
				return err
			}
		}
		return nil
	})
	told, bad := l.tally.lostInCrashes(moments)
	l.shown = told
	if l.tally.wrong.Load() == 0 && l.tally.failed.Load() <= crashes*workers && bad == nil {
		err = nil
	}
	return errors.Join(err, bad, f.stop())
}

// From the signal until the process has been waited for.
type crashMoment struct{ began, gone time.Time }

// A connection's end may have come and not been read yet.
const unreadEnd = 250 * time.Millisecond

// lostInCrashes tells how far the failed requests had come. Each of them must have begun before a process was gone, or just then on a
// connection to it.
func (t *tally) lostInCrashes(moments []crashMoment) (string, error) {
	var stages [client.Answered + 1]int
	late := 0
	for _, failure := range t.failures {
		var ended *client.ConnectionError
		if !errors.As(failure.err, &ended) {
			return "", fmt.Errorf("a failure that is none of the connection: %w", failure.err)
		}
		stages[ended.Stage]++
		isOfCrash, isLate := false, true
		for _, m := range moments {
			isOfCrash = isOfCrash || failure.began.Before(m.gone.Add(unreadEnd)) && m.began.Sub(failure.began) < requestTimeout
			isLate = isLate && !(failure.began.Before(m.gone) && failure.began.Add(requestTimeout).After(m.began))
		}
		if !isOfCrash || isLate && ended.Stage == client.NoConnection {
			return "", fmt.Errorf("a request failed that began when no process was crashing: %w", failure.err)
		}
		if isLate {
			late++
		}
	}
	var told []string
	for stage, n := range stages {
		told = append(told, fmt.Sprintf("%s: %d", client.Stage(stage), n))
	}
	return fmt.Sprintf("%s. %d of them began when the process was gone, on connections whose end net/http had not read yet", strings.Join(told, ", "), late), nil
}

func clockJumps(l *life) error {
	shim, file := l.path("clock_shim.so"), l.path("offset")
	if text, err := exec.Command("cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", shim, "tests/attack/shim/clock.c").CombinedOutput(); err != nil {
		return fmt.Errorf("cc: %s, %w", text, err)
	}
	set := func(by time.Duration) error {
		out, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer out.Close()
		_, err = out.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(by/time.Second)), 0)
		return err
	}
	if err := errors.Join(set(0), l.rotate(time.Now().Add(100*time.Hour))); err != nil {
		return err
	}
	environment := []string{"LD_PRELOAD=" + shim, "CLOCK_SHIM_FILE=" + file,
		"ASAN_OPTIONS=verify_asan_link_order=0"} // the shim allocates nothing
	l.tried = "5 jumps"
	l.shown = "ready but past the certificate's end, verdicts all the time, no connection is cut"
	return l.alone("jumping", launch{environment: environment}, func(r *replica) error {
		for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour, -10000 * time.Hour, 200 * time.Hour, 0} {
			if err := set(jump); err != nil {
				return err
			}
			holds := r.isReady
			if jump > 100*time.Hour {
				holds = func() error { return r.isUnready("expired") }
			}
			time.Sleep(1500 * time.Millisecond) // a reload's interval has passed under the new time
			if err := within("as it should be after a jump", holds); err != nil {
				return fmt.Errorf("%s: %w", jump, err)
			}
		}
		return r.is(`podgate_connections_cut_total{reason="idle"}`, 0)()
	})
}

// Its clients verify it no more, so there is no load: whoever does not look is served, and probes tell.
func certificateExpires(l *life) error {
	l.tried = "once"
	if err := l.rotate(time.Now().Add(3 * time.Second)); err != nil {
		return err
	}
	r, err := l.start("expiring", launch{arguments: []string{"--drain-quiet=0s"}})
	if err != nil {
		return err
	}
	defer r.kill()
	c, err := dialTLS(r)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := within("unready", func() error { return r.isUnready("the certificate has expired") }); err != nil {
		return err
	}
	if status, _, err := askOn(c, &l.reviews[0]); status != 200 || err != nil {
		return fmt.Errorf("on a connection from before: status %d, %v", status, err)
	}
	if c, err := dialTLS(r); err == nil {
		c.Close()
		return errors.New("a client took an expired certificate")
	}
	if err := l.rotate(time.Now().Add(100 * time.Hour)); err != nil {
		return err
	}
	if err := within("ready", r.isReady); err != nil {
		return err
	}
	fresh, err := dialTLS(r)
	if err != nil {
		return err
	}
	defer fresh.Close()
	if status, _, err := askOn(fresh, &l.reviews[0]); status != 200 || err != nil {
		return fmt.Errorf("with the new certificate: status %d, %v", status, err)
	}
	l.shown = "not ready, open connections go on; with a new certificate ready again without a restart"
	return r.stop()
}

func policiesBreak(l *life) error {
	f := &fleet{place: l.place}
	if err := f.writePolicies(0); err != nil {
		return err
	}
	good, err := os.ReadFile(policyFiles[0])
	if err != nil {
		return err
	}
	folder := l.path("policies")
	// Cut between two rules it would be a policy, only a shorter one: nobody can tell.
	half := string(good[:strings.LastIndex(string(good), "requests")])
	file := folder + "/policy.yaml"
	restore := func() error { return f.writePolicies(0) }
	breaks := []struct{ do, undo func() error }{
		{func() error { return os.Rename(folder, folder+".gone") }, func() error { return os.Rename(folder+".gone", folder) }},
		{func() error { return l.swap("policies", map[string]string{"policy.yaml": half}) }, restore},
		{func() error { return l.swap("policies", map[string]string{"policy.yaml": "kind: [\x00"}) }, restore},
		// A link that leads to itself is unreadable for root too.
		{func() error { return errors.Join(os.Remove(file), os.Symlink("policy.yaml", file)) },
			func() error { return errors.Join(os.Remove(file), os.Symlink("..data/policy.yaml", file)) }},
	}
	l.tried = fmt.Sprintf("%d ways", len(breaks))
	l.shown = "the old policies stay in force, podgate_config_last_reload_successful is 0 meanwhile"
	return l.alone("misled", launch{arguments: []string{"--policies", folder}}, func(r *replica) error {
		for i, b := range breaks {
			err := errors.Join(b.do(), within("noticed", r.is("podgate_config_last_reload_successful", 0)),
				within("ready", r.isReady), b.undo(), within("mended", r.is("podgate_config_last_reload_successful", 1)))
			if err != nil {
				return fmt.Errorf("way %d: %w", i, err)
			}
		}
		return nil
	})
}

func logDiskFull(l *life) error {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer full.Close()
	l.tried = "all lines"
	return l.alone("mute", launch{arguments: []string{"--log-level=debug"}, stdout: full}, func(r *replica) error {
		err := r.grew("podgate_log_lines_dropped_total", 300)
		dropped, _ := r.number("podgate_log_lines_dropped_total")
		l.shown = fmt.Sprintf("%d lines lost and counted", dropped)
		return err
	})
}

// openSmallDisk makes a file on a file system of its own that takes so many bytes and is mounted nowhere (root only).
func openSmallDisk(size string) (*os.File, error) {
	const fsopen, fsconfig, fsmount = 430, 431, 432 // since Linux 5.2, on every architecture
	const setString, create = 1, 6
	name, _ := syscall.BytePtrFromString("tmpfs")
	key, _ := syscall.BytePtrFromString("size")
	value, _ := syscall.BytePtrFromString(size)
	context, _, errno := syscall.Syscall(fsopen, uintptr(unsafe.Pointer(name)), 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("a tmpfs cannot be made: %w", errno)
	}
	defer syscall.Close(int(context))
	_, _, first := syscall.Syscall6(fsconfig, context, setString, uintptr(unsafe.Pointer(key)), uintptr(unsafe.Pointer(value)), 0, 0)
	_, _, second := syscall.Syscall6(fsconfig, context, create, 0, 0, 0, 0)
	root, _, third := syscall.Syscall(fsmount, context, 0, 0)
	if first != 0 || second != 0 || third != 0 {
		return nil, fmt.Errorf("a tmpfs cannot be mounted: %v, %v, %v", first, second, third)
	}
	defer syscall.Close(int(root))
	file, err := syscall.Openat(int(root), "log", syscall.O_CREAT|syscall.O_RDWR|syscall.O_APPEND|syscall.O_CLOEXEC, 0o644)
	return os.NewFile(uintptr(file), "log"), err
}

func logDiskFills(l *life) error {
	disk, err := openSmallDisk("64k")
	if err != nil {
		return err
	}
	defer disk.Close()
	l.tried = "3 times"
	return l.alone("filling", launch{arguments: []string{"--log-level=debug"}, stdout: disk}, func(r *replica) error {
		for range 3 {
			before, err := r.number("podgate_log_lines_dropped_total")
			if err = errors.Join(err, r.grew("podgate_log_lines_dropped_total", before+100), disk.Truncate(0),
				within("written again", func() error { return saysIn(disk, "log lines were dropped") })); err != nil {
				return err
			}
		}
		dropped, err := r.number("podgate_log_lines_dropped_total")
		l.shown = fmt.Sprintf("%d lines lost and counted; each time the log went on, and said how many it had lost", dropped)
		return err
	})
}

// saysIn: nil once the file has the text.
func saysIn(file *os.File, wanted string) error {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<20))
	if err == nil && !strings.Contains(string(text), wanted) {
		err = fmt.Errorf("it does not say %q", wanted)
	}
	return err
}

func logPipeStuck(l *life) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	defer write.Close()
	l.tried = "all lines"
	return l.alone("unheard", launch{arguments: []string{"--log-level=debug"}, stdout: write}, func(r *replica) error {
		err := r.grew("podgate_log_lines_dropped_total", 100)
		dropped, _ := r.number("podgate_log_lines_dropped_total")
		l.shown = fmt.Sprintf("%d lines lost and counted, and SIGTERM ends it all the same", dropped)
		return err
	})
}
