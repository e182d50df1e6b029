package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type probing struct {
	next                time.Time
	successes, failures int
	busy                bool
}

type container struct {
	spec      *v1.Container
	command   *exec.Cmd
	ended     chan error
	started   time.Time
	restarts  int32
	ready     bool
	waiting   string // why it does not run
	result    *v1.ContainerStateTerminated
	readiness probing
	liveness  probing
	again     time.Time
}

type pod struct {
	in              *standin
	object          *v1.Pod
	name, namespace string
	dir, address    string
	link            string
	began           time.Time
	containers      []*container
	problem         string
	made            bool
	synced          time.Time
	deadline        time.Time // of its end, once it is being deleted
	told            string
	mutex           sync.Mutex // probes answer beside the loop
}

// newPod takes the number-th address: 10.77.1.1, behind the gateway 10.77.0.1.
func newPod(in *standin, object *v1.Pod, number int) *pod {
	p := &pod{in: in, object: object, name: object.Name, namespace: object.Namespace, began: time.Now()}
	p.dir = filepath.Join(in.dir, string(object.UID))
	network := strings.Join(strings.Split(in.gateway, ".")[:2], ".")
	p.address = fmt.Sprintf("%s.%d.%d", network, 1+number/250, 1+number%250)
	p.link = fmt.Sprintf("pg%d", number)
	for i := range object.Spec.Containers {
		p.containers = append(p.containers, &container{spec: &object.Spec.Containers[i]})
	}
	return p
}

func run(name string, arguments ...string) error {
	if out, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, out)
	}
	return nil
}

func (p *pod) network() error {
	p.cleanNetwork()
	for _, command := range []string{
		"ip netns add NAME",
		"ip link add NAME type veth peer name eth0 netns NAME",
		"ip link set NAME master BRIDGE up",
		"ip -n NAME addr add ADDRESS/16 dev eth0",
		"ip -n NAME link set eth0 up",
		"ip -n NAME link set lo up",
		"ip -n NAME route add default via GATEWAY",
	} {
		words := strings.Fields(strings.NewReplacer("NAME", p.link, "BRIDGE", p.in.bridge, "ADDRESS", p.address, "GATEWAY", p.in.gateway).Replace(command))
		if err := run(words[0], words[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (p *pod) make(ctx context.Context) error {
	if len(p.object.Spec.InitContainers) > 0 {
		return errors.New("the stand-in runs no init containers")
	}
	for i := range p.object.Spec.Volumes {
		if err := p.volume(ctx, &p.object.Spec.Volumes[i]); err != nil {
			return err
		}
	}
	return p.network()
}

var reference = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_]*)\)`)

func (p *pod) environment(spec *v1.Container) (map[string]string, error) {
	values := map[string]string{}
	for _, env := range spec.Env {
		switch {
		case env.ValueFrom == nil:
			values[env.Name] = expand(env.Value, values)
		case env.ValueFrom.FieldRef != nil:
			switch env.ValueFrom.FieldRef.FieldPath {
			case "metadata.namespace":
				values[env.Name] = p.namespace
			case "metadata.name":
				values[env.Name] = p.name
			case "status.podIP":
				values[env.Name] = p.address
			case "spec.nodeName":
				values[env.Name] = p.object.Spec.NodeName
			default:
				return nil, fmt.Errorf("env %s: the stand-in does not know %s", env.Name, env.ValueFrom.FieldRef.FieldPath)
			}
		default:
			return nil, fmt.Errorf("env %s: the stand-in does not know this source", env.Name)
		}
	}
	return values, nil
}

func expand(text string, values map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		if value, known := values[found[2:len(found)-1]]; known {
			return value
		}
		return found
	})
}

// start runs the container as its image's entry point, its own command and its arguments say.
func (p *pod) start(c *container) error {
	image, known := p.in.images[c.spec.Image]
	if !known {
		c.waiting = "ErrImagePull"
		return fmt.Errorf("no image %s", c.spec.Image)
	}
	c.waiting = ""
	values, err := p.environment(c.spec)
	if err != nil {
		return err
	}
	root := filepath.Join(p.dir, c.spec.Name+"-"+strconv.Itoa(int(c.restarts)))
	// A stand-in that was started anew finds what the one before left.
	must(os.RemoveAll(root))
	if err := copyTree(image, root); err != nil {
		return err
	}
	if err := p.in.writeHosts(root, p); err != nil {
		return err
	}
	script := []string{"set -e", "mount --bind " + root + " " + root}
	for _, sub := range []string{"proc", "dev"} {
		must(os.MkdirAll(filepath.Join(root, sub), 0o755))
	}
	script = append(script, "mount -t proc proc "+root+"/proc", "mount --rbind /dev "+root+"/dev")
	for _, mount := range c.spec.VolumeMounts {
		if mount.SubPath != "" || mount.SubPathExpr != "" {
			return errors.New("the stand-in knows no subPath")
		}
		target := filepath.Join(root, mount.MountPath)
		must(os.MkdirAll(target, 0o755))
		script = append(script, "mount --bind "+filepath.Join(p.dir, "volumes", mount.Name)+" "+target)
		if mount.ReadOnly {
			script = append(script, "mount -o remount,bind,ro "+target)
		}
	}
	if security := c.spec.SecurityContext; security != nil && isTrue(security.ReadOnlyRootFilesystem) {
		script = append(script, "mount -o remount,bind,ro "+root)
	}
	user, group, groups := int64(65532), int64(65532), ""
	if security := p.object.Spec.SecurityContext; security != nil {
		if security.RunAsUser != nil {
			user = *security.RunAsUser
		}
		if security.RunAsGroup != nil {
			group = *security.RunAsGroup
		}
		if security.FSGroup != nil {
			groups = fmt.Sprintf("--groups=%d", *security.FSGroup)
		}
	}
	if security := c.spec.SecurityContext; security != nil && security.RunAsUser != nil {
		user = *security.RunAsUser
	}
	script = append(script, fmt.Sprintf(`exec setpriv --no-new-privs chroot --userspec=%d:%d %s %s "$@"`, user, group, groups, root))

	argv := slices.Clone(c.spec.Command)
	if len(argv) == 0 {
		argv = []string{"/usr/bin/podgate"}
	}
	arguments := c.spec.Args
	if len(arguments) == 0 && len(c.spec.Command) == 0 {
		arguments = []string{"serve"}
	}
	argv = append(argv, arguments...)
	for i := range argv {
		argv[i] = expand(argv[i], values)
	}
	c.command = exec.Command("nsenter", append([]string{"--net=/run/netns/" + p.link, "unshare", "--mount", "--propagation", "private",
		"sh", "-c", strings.Join(script, "\n"), "sh"}, argv...)...)
	c.command.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "KUBERNETES_SERVICE_HOST=10.96.0.1", "KUBERNETES_SERVICE_PORT=443", "HOSTNAME=" + p.name}
	for name, value := range values {
		c.command.Env = append(c.command.Env, name+"="+value)
	}
	mode := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	if c.restarts == 0 {
		mode |= os.O_TRUNC // another Pod had this name
	}
	output, err := os.OpenFile(filepath.Join(p.in.dir, p.name+"."+c.spec.Name+".log"), mode, 0o644)
	if err != nil {
		return err
	}
	defer output.Close()
	c.command.Stdout, c.command.Stderr = output, output
	c.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.command.Start(); err != nil {
		return err
	}
	c.ended = make(chan error, 1)
	c.started, c.result, c.ready = time.Now(), nil, c.spec.ReadinessProbe == nil
	c.readiness, c.liveness = probing{}, probing{}
	go func(command *exec.Cmd, ended chan error) { ended <- command.Wait() }(c.command, c.ended)
	log.Printf("%s/%s: %s at %s", p.name, c.spec.Name, strings.Join(argv, " "), p.address)
	return nil
}

func (p *pod) turn(ctx context.Context, object *v1.Pod) {
	p.object = object
	for i, c := range p.containers {
		c.spec = &object.Spec.Containers[i]
	}
	if !p.made {
		if err := p.make(ctx); err != nil {
			if p.problem != err.Error() {
				log.Printf("%s: %v", p.name, err)
			}
			p.problem = err.Error()
			p.cleanNetwork()
			if object.DeletionTimestamp != nil {
				p.in.forget(ctx, object)
			}
			p.tell(ctx)
			return
		}
		p.made, p.problem = true, ""
	}
	deleting := object.DeletionTimestamp != nil
	if time.Since(p.synced) > time.Second && !deleting {
		for i := range object.Spec.Volumes {
			if err := p.volume(ctx, &object.Spec.Volumes[i]); err != nil {
				log.Printf("%s: %v", p.name, err)
			}
		}
		p.synced = time.Now()
	}
	if deleting && p.deadline.IsZero() {
		grace := 30 * time.Second
		if object.DeletionGracePeriodSeconds != nil {
			grace = time.Duration(*object.DeletionGracePeriodSeconds) * time.Second
		}
		p.deadline = time.Now().Add(grace)
		for _, c := range p.containers {
			if c.lives() {
				c.command.Process.Signal(syscall.SIGTERM)
			}
		}
	}
	alive := 0
	for _, c := range p.containers {
		p.watch(c, deleting)
		if c.lives() {
			alive++
			if deleting && time.Now().After(p.deadline) {
				log.Printf("%s/%s: the grace period is over", p.name, c.spec.Name)
				c.command.Process.Kill()
			}
		}
	}
	p.tell(ctx)
	if deleting && alive == 0 {
		p.in.forget(ctx, object)
	}
}

func (c *container) lives() bool { return c.command != nil && c.result == nil }

// watch starts, restarts and probes one container.
func (p *pod) watch(c *container, deleting bool) {
	if c.lives() {
		select {
		case <-c.ended:
			state := c.command.ProcessState
			c.result = &v1.ContainerStateTerminated{ExitCode: int32(state.ExitCode()), StartedAt: metav1.NewTime(c.started),
				FinishedAt: metav1.Now(), Reason: "Completed"}
			if state.ExitCode() != 0 {
				c.result.Reason = "Error"
			}
			p.mutex.Lock()
			c.ready = false
			p.mutex.Unlock()
			log.Printf("%s/%s: ended: %v", p.name, c.spec.Name, state)
			c.again = time.Now().Add(time.Second << min(c.restarts, 5))
		default:
			p.probe(c, c.spec.ReadinessProbe, &c.readiness, func(good bool) { c.ready = good })
			p.probe(c, c.spec.LivenessProbe, &c.liveness, func(good bool) {
				if !good {
					log.Printf("%s/%s: not alive", p.name, c.spec.Name)
					c.command.Process.Kill()
				}
			})
			return
		}
	}
	if deleting || time.Now().Before(c.again) {
		return
	}
	if c.result != nil {
		policy := p.object.Spec.RestartPolicy
		if policy == v1.RestartPolicyNever || policy == v1.RestartPolicyOnFailure && c.result.ExitCode == 0 {
			return
		}
		c.restarts++
	}
	if err := p.start(c); err != nil {
		log.Printf("%s/%s: %v", p.name, c.spec.Name, err)
		if c.waiting == "" {
			c.waiting = "CreateContainerError"
		}
		c.again = time.Now().Add(time.Second)
	}
}

func (p *pod) probe(c *container, probe *v1.Probe, state *probing, then func(good bool)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if probe == nil || state.busy || time.Now().Before(state.next) || time.Since(c.started) < time.Duration(probe.InitialDelaySeconds)*time.Second {
		return
	}
	if probe.HTTPGet == nil {
		log.Printf("%s/%s: the stand-in probes by httpGet only", p.name, c.spec.Name)
		state.next = time.Now().Add(time.Hour)
		return
	}
	state.busy = true
	target, spec, command := probe.HTTPGet, c.spec, c.command
	go func() {
		good := p.get(spec, target, time.Duration(probe.TimeoutSeconds)*time.Second)
		p.mutex.Lock()
		defer p.mutex.Unlock()
		state.busy = false
		state.next = time.Now().Add(time.Duration(probe.PeriodSeconds) * time.Second)
		if command != c.command {
			return
		}
		if good {
			state.successes, state.failures = state.successes+1, 0
			if state.successes >= int(probe.SuccessThreshold) {
				then(true)
			}
			return
		}
		state.successes, state.failures = 0, state.failures+1
		if time.Since(c.started) < 3*time.Second {
			// A kubelet asks anew when a container has just started; so a slow start costs no whole period.
			state.next = time.Now().Add(200 * time.Millisecond)
			return
		}
		if state.failures >= int(probe.FailureThreshold) {
			then(false)
		}
	}()
}

func (p *pod) get(spec *v1.Container, target *v1.HTTPGetAction, timeout time.Duration) bool {
	port := target.Port.IntValue()
	if target.Port.Type == intstr.String {
		for _, named := range spec.Ports {
			if named.Name == target.Port.StrVal {
				port = int(named.ContainerPort)
			}
		}
	}
	client := http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(strings.ToLower(string(target.Scheme)) + "://" + net.JoinHostPort(p.address, strconv.Itoa(port)) + path.Join("/", target.Path))
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode >= 200 && answer.StatusCode < 400
}

// tell writes the Pod's status when it has changed.
func (p *pod) tell(ctx context.Context) {
	p.mutex.Lock()
	status := p.status()
	p.mutex.Unlock()
	bytes, err := json.Marshal(status)
	must(err)
	text := string(bytes)
	if text == p.told {
		return
	}
	updated := p.object.DeepCopy()
	status.QOSClass = updated.Status.QOSClass
	for _, old := range updated.Status.Conditions {
		if old.Type == v1.PodScheduled {
			status.Conditions = append(status.Conditions, old)
		}
	}
	updated.Status = status
	if _, err := p.in.client.CoreV1().Pods(p.namespace).UpdateStatus(ctx, updated, metav1.UpdateOptions{}); err != nil {
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			log.Printf("%s: %v", p.name, err)
		}
		return
	}
	p.told = text
}

func (p *pod) status() v1.PodStatus {
	began := metav1.NewTime(p.began.Truncate(time.Second))
	status := v1.PodStatus{Phase: v1.PodPending, StartTime: &began, Message: p.problem}
	if p.made {
		status.PodIP, status.PodIPs = p.address, []v1.PodIP{{IP: p.address}}
	}
	ready, started, ended, failed := len(p.containers) > 0, 0, 0, false
	for _, c := range p.containers {
		one := v1.ContainerStatus{Name: c.spec.Name, Image: c.spec.Image, Ready: c.ready && c.lives(), RestartCount: c.restarts}
		yes := c.lives()
		one.Started = &yes
		switch {
		case c.lives():
			started++
			one.State.Running = &v1.ContainerStateRunning{StartedAt: metav1.NewTime(c.started.Truncate(time.Second))}
		case c.result != nil:
			started++
			one.State.Terminated = c.result
			policy := p.object.Spec.RestartPolicy
			if policy == v1.RestartPolicyNever || policy == v1.RestartPolicyOnFailure && c.result.ExitCode == 0 || p.object.DeletionTimestamp != nil {
				ended++
				failed = failed || c.result.ExitCode != 0
			}
		default:
			one.State.Waiting = &v1.ContainerStateWaiting{Reason: c.waiting}
		}
		ready = ready && one.Ready
		status.ContainerStatuses = append(status.ContainerStatuses, one)
	}
	if started > 0 {
		status.Phase = v1.PodRunning
	}
	if ended == len(p.containers) {
		status.Phase = v1.PodSucceeded
		if failed {
			status.Phase = v1.PodFailed
		}
	}
	is := func(kind v1.PodConditionType, yes bool) {
		condition := v1.PodCondition{Type: kind, Status: v1.ConditionFalse, LastTransitionTime: began}
		if yes {
			condition.Status = v1.ConditionTrue
		}
		status.Conditions = append(status.Conditions, condition)
	}
	is(v1.PodInitialized, p.made)
	is(v1.ContainersReady, ready)
	is(v1.PodReady, ready)
	return status
}

func (p *pod) kill() {
	for _, c := range p.containers {
		if c.lives() {
			c.command.Process.Kill()
			<-c.ended
		}
	}
}

func (p *pod) cleanNetwork() {
	exec.Command("ip", "link", "del", p.link).Run()
	exec.Command("ip", "netns", "del", p.link).Run()
}

func (p *pod) cleanUp() {
	p.cleanNetwork()
	os.RemoveAll(p.dir)
}
