package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait; a busy machine of two cores needs much of it.
const patience = 60 * time.Second

// A place holds what replicas read, as kubelet mounts it: each folder's files are reached through a
// link ..data that is exchanged whole.
type place struct {
	podgate, dir string
	authority    *authority
	mutex        sync.Mutex
	versions     int
}

func newPlace(podgate, parent string) (*place, error) {
	dir, err := os.MkdirTemp(parent, "attack-")
	if err != nil {
		return nil, err
	}
	authority, err := newAuthority()
	p := &place{podgate: podgate, dir: dir, authority: authority}
	return p, errors.Join(err, p.rotate(time.Now().Add(100*time.Hour)))
}

func (p *place) path(name string) string { return filepath.Join(p.dir, name) }

// swap exchanges a folder's files at one moment.
func (p *place) swap(folder string, files map[string]string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.versions++
	version := fmt.Sprintf("..%d", p.versions)
	if err := os.MkdirAll(p.path(folder+"/"+version), 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(p.path(folder+"/"+version+"/"+name), []byte(text), 0o644); err != nil {
			return err
		}
		if err := os.Symlink("..data/"+name, p.path(folder+"/"+name)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	old, _ := os.Readlink(p.path(folder + "/..data"))
	if err := os.Symlink(version, p.path(folder+"/..new")); err != nil {
		return err
	}
	if err := os.Rename(p.path(folder+"/..new"), p.path(folder+"/..data")); err != nil {
		return err
	}
	if old == "" {
		return nil
	}
	return os.RemoveAll(p.path(folder + "/" + old))
}

func (p *place) rotate(notAfter time.Time) error {
	files, err := p.authority.sign(notAfter)
	if err != nil {
		return err
	}
	return p.swap("tls", files)
}

// A replica is one process of podgate on ports of its own.
type replica struct {
	place                    *place
	command                  *exec.Cmd
	webhook, health, metrics int
	log                      string // file of its standard output and errors
	exited                   chan struct{}
}

type launch struct {
	arguments, environment []string
	stdout                 *os.File // nil: the replica's log file
	webhook                int      // 0: any port
}

func (p *place) start(name string, l launch) (*replica, error) {
	r := &replica{place: p, log: p.path(name + ".log"), exited: make(chan struct{})}
	ports := p.path(name + ".ports")
	os.Remove(ports)
	arguments := append([]string{"serve", "--listen", fmt.Sprintf("127.0.0.1:%d", l.webhook), "--health-listen=127.0.0.1:0",
		"--metrics-listen=127.0.0.1:0", "--tls-cert", p.path("tls/tls.crt"), "--tls-key", p.path("tls/tls.key"),
		"--port-file", ports, "--reload-interval=1s"}, l.arguments...)
	r.command = exec.Command(p.podgate, arguments...)
	r.command.Env = append(os.Environ(), l.environment...)
	file, err := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r.command.Stdout, r.command.Stderr = file, file
	if l.stdout != nil {
		r.command.Stdout = l.stdout
	}
	if err := r.command.Start(); err != nil {
		return nil, err
	}
	go func() { r.command.Wait(); close(r.exited) }()
	if err := r.readPorts(ports); err != nil {
		r.kill()
		return nil, err
	}
	return r, within("ready", r.isReady)
}

func (r *replica) readPorts(path string) error {
	return within("listening", func() error {
		if r.hasEnded() {
			text, _ := os.ReadFile(r.log)
			return fmt.Errorf("podgate ended: %s", text)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = fmt.Sscanf(string(text), "webhook %d\nhealth %d\nmetrics %d\n", &r.webhook, &r.health, &r.metrics)
		return err
	})
}

// within polls until the condition holds; its last complaint is the error.
func within(what string, holds func() error) error {
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err = holds(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("not %s after %s: %w", what, patience, err)
}

func (r *replica) address() string { return fmt.Sprintf("127.0.0.1:%d", r.webhook) }

func (r *replica) hasEnded() bool {
	select {
	case <-r.exited:
		return true
	default:
		return false
	}
}

// end waits for the process to end by itself; its exit status.
func (r *replica) end(limit time.Duration) (int, error) {
	select {
	case <-r.exited:
		return r.command.ProcessState.ExitCode(), nil
	case <-time.After(limit):
		return -1, fmt.Errorf("podgate did not end within %s", limit)
	}
}

func (r *replica) signal(s syscall.Signal) { r.command.Process.Signal(s) }

func (r *replica) kill() {
	if r.hasEnded() {
		return
	}
	r.signal(syscall.SIGKILL)
	<-r.exited
}

// sanitized is what a sanitizer told first; empty when the program was built without, or nothing was wrong.
func (r *replica) sanitized() string {
	log, _ := os.ReadFile(r.log)
	at := bytes.Index(log, []byte("WARNING: ThreadSanitizer"))
	if at < 0 {
		at = bytes.Index(log, []byte("ERROR: AddressSanitizer"))
	}
	if at < 0 {
		return ""
	}
	return "\n" + string(log[at:min(at+4000, len(log))])
}

// stop asks for a drain, and wants it clean.
func (r *replica) stop() error {
	r.signal(syscall.SIGTERM)
	status, err := r.end(patience)
	if err != nil || status != 0 {
		r.kill()
		return fmt.Errorf("after SIGTERM: exit status %d, %v%s", status, err, r.sanitized())
	}
	return nil
}

var plain = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(port int, path string) (int, string, error) {
	response, err := plain.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func (r *replica) isReady() error {
	status, body, err := get(r.health, "/readyz")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, body)
	}
	return err
}

// isUnready: nil once /readyz says why not, in these words.
func (r *replica) isUnready(because string) error {
	status, body, err := get(r.health, "/readyz")
	if err == nil && (status != http.StatusServiceUnavailable || !strings.Contains(body, because)) {
		err = fmt.Errorf("/readyz has status %d: %s", status, body)
	}
	return err
}

// series returns what the metrics say behind a series' name and labels; the empty string when it is absent.
func (r *replica) series(prefix string) (string, error) {
	_, body, err := get(r.metrics, "/metrics")
	for _, line := range strings.Split(body, "\n") {
		if strings.HasPrefix(line, prefix) {
			return strings.TrimSpace(strings.TrimPrefix(line, prefix)), err
		}
	}
	return "", err
}

func (r *replica) number(series string) (int64, error) {
	text, err := r.series(series + " ")
	if err != nil {
		return 0, err
	}
	if text == "" {
		return 0, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	return int64(value), err
}

// is: nil once a series has the value.
func (r *replica) is(series string, wanted int64) func() error {
	return func() error {
		value, err := r.number(series)
		if err == nil && value != wanted {
			err = fmt.Errorf("%s is %d, not %d", series, value, wanted)
		}
		return err
	}
}

func (r *replica) logs(text string) func() error {
	return func() error {
		log, err := os.ReadFile(r.log)
		if err == nil && !strings.Contains(string(log), text) {
			err = fmt.Errorf("the log does not say %q", text)
		}
		return err
	}
}
