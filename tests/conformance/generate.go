package main

import (
	"math/rand/v2"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// RandomPod fills Kubernetes' own structs by reflection, so a field that a new release adds is drawn
// without a line here. What a value may be comes from pools by type or by field; half of the pods start
// out compliant and are then spoiled a little, because wholly random ones break nearly every control.
func RandomPod(rng *rand.Rand) *corev1.Pod {
	pod := &corev1.Pod{}
	if rng.IntN(2) == 0 {
		pod = compliantPod(rng)
	}
	g := generator{rng, densities[rng.IntN(len(densities))]}
	g.fill(reflect.ValueOf(&pod.ObjectMeta).Elem(), "Pod.ObjectMeta")
	g.fill(reflect.ValueOf(&pod.Spec).Elem(), "Pod.Spec")
	return pod
}

// The chance that a field which could stay as it is changes.
var densities = []float64{0, 0.003, 0.01, 0.03, 0.1, 0.3}

type generator struct {
	rng     *rand.Rand
	density float64
}

func (g generator) chance() bool { return g.rng.Float64() < g.density }

func pick[T any](rng *rand.Rand, pool []T) T { return pool[rng.IntN(len(pool))] }

// Values by type.
var typePools = map[reflect.Type][]string{
	reflect.TypeFor[corev1.SeccompProfileType](): {
		"RuntimeDefault", "Localhost", "Unconfined", "", "runtimeDefault", "runtime/default",
	},
	reflect.TypeFor[corev1.AppArmorProfileType](): {
		"RuntimeDefault", "Localhost", "Unconfined", "", "localhost", "unconfined",
	},
	reflect.TypeFor[corev1.ProcMountType]():          {"Default", "Unmasked", "", "default"},
	reflect.TypeFor[corev1.OSName]():                 {"windows", "linux", "Windows", "windows ", ""},
	reflect.TypeFor[corev1.ContainerRestartPolicy](): {"Always", "Never", "OnFailure"},
	reflect.TypeFor[corev1.Capability](): {
		"ALL", "all", "NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", "net_bind_service", "CHOWN", "CAP_CHOWN",
		"NET_RAW", "SYS_ADMIN", "SYS_CHROOT", "AUDIT_WRITE", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL",
		"MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "", " ALL",
	},
}

// Values by field.
var fieldPools = map[string][]string{
	"SELinuxOptions.Type": {
		"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
		"spc_t", "Container_t", "container_t ",
	},
	"SELinuxOptions.User": {"", "system_u", " "},
	"SELinuxOptions.Role": {"", "system_r", " "},
	"Sysctl.Name": {
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
		"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
		"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
		"net/ipv4/tcp_rmem", "kernel.msgmax", "net.ipv4.tcp_rmem.", "",
	},
	"HTTPGetAction.Host":            {"", "127.0.0.1", "example.com", " "},
	"TCPSocketAction.Host":          {"", "127.0.0.1", "169.254.169.254"},
	"Container.Name":                names,
	"EphemeralContainerCommon.Name": names,
	"Volume.Name":                   names,
	"HostPathVolumeSource.Path":     {"/", "/etc", "", "/var/run/docker.sock"},
}

var (
	names       = []string{"a", "b", "web", "a-b", "c0"}
	otherTexts  = []string{"", "x", "true", "0", "null", "nginx:1.27", "é\u2028<&>", "a\"b\\c\t", "🐢"}
	int32Values = []int32{0, 0, 1, 80, 8080, 65535, -1, 1 << 30}
	int64Values = []int64{0, 0, 1, 1000, 65534, -1, 1<<53 + 1, 1<<63 - 1}
	quantities  = []string{"0", "100m", "1Gi", "1e3", "-1", "0.5"}

	annotationKeys = []string{
		"seccomp.security.alpha.kubernetes.io/pod",
		"seccomp.security.alpha.kubernetes.io/pods",
		"Seccomp.security.alpha.kubernetes.io/pod",
		"container.seccomp.security.alpha.kubernetes.io/",
		"container.apparmor.security.beta.kubernetes.io/",
		"container.apparmor.security.beta.kubernetes.io",
		"kubernetes.io/config.mirror",
	}
	annotationPrefixes = []string{
		"container.seccomp.security.alpha.kubernetes.io/",
		"container.apparmor.security.beta.kubernetes.io/",
	}
	annotationValues = []string{
		"runtime/default", "docker/default", "localhost/x", "localhost/", "localhost",
		"unconfined", "", "Runtime/default", "runtime/default ",
	}
)

// Types that are filled as a whole.
var wholes = map[reflect.Type]func(generator) any{
	reflect.TypeFor[resource.Quantity](): func(g generator) any { return resource.MustParse(pick(g.rng, quantities)) },
	reflect.TypeFor[metav1.Time]():       func(g generator) any { return metav1.Unix(g.rng.Int64N(1<<32), 0) },
	reflect.TypeFor[metav1.MicroTime]():  func(g generator) any { return metav1.NewMicroTime(time.Unix(g.rng.Int64N(1<<32), 0)) },
	reflect.TypeFor[intstr.IntOrString](): func(g generator) any {
		if g.rng.IntN(2) == 0 {
			return intstr.FromString(pick(g.rng, otherTexts))
		}
		return intstr.FromInt32(pick(g.rng, int32Values))
	},
	reflect.TypeFor[metav1.FieldsV1](): func(generator) any { return metav1.FieldsV1{Raw: []byte(`{"f:spec":{}}`)} },
}

// fill changes what is there with the generator's chance; `field` is "Struct.Field" of the value.
func (g generator) fill(value reflect.Value, field string) {
	if whole, ok := wholes[value.Type()]; ok {
		if g.chance() {
			value.Set(reflect.ValueOf(whole(g)))
		}
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		if value.IsNil() && g.chance() {
			value.Set(reflect.New(value.Type().Elem()))
		}
		if !value.IsNil() {
			g.fill(value.Elem(), field)
		}
	case reflect.Struct:
		g.fillStruct(value)
	case reflect.Slice:
		g.fillSlice(value, field)
	case reflect.Map:
		g.fillMap(value, field)
	default:
		if g.chance() {
			g.set(value, field)
		}
	}
}

func (g generator) fillStruct(value reflect.Value) {
	if value.Type() == reflect.TypeFor[corev1.VolumeSource]() {
		g.fillVolumeSource(value)
		return
	}
	for i := range value.NumField() {
		if at := value.Type().Field(i); at.IsExported() {
			g.fill(value.Field(i), value.Type().Name()+"."+at.Name)
		}
	}
}

// The API server stores a volume with one source, and makes an emptyDir of one that is written without.
func (g generator) fillVolumeSource(value reflect.Value) {
	if !value.IsZero() && !g.chance() {
		return
	}
	value.SetZero()
	if g.rng.IntN(20) == 0 {
		return
	}
	source := value.Field(g.rng.IntN(value.NumField()))
	source.Set(reflect.New(source.Type().Elem()))
	g.fill(source.Elem(), "")
}

// Sizes of lists that are long in no real pod, and matter little here, stay small.
func (g generator) fillSlice(value reflect.Value, field string) {
	if value.Type().Elem().Kind() == reflect.Uint8 {
		return
	}
	for i := range value.Len() {
		g.fill(value.Index(i), field)
	}
	more := 0
	if g.chance() {
		more = 1 + g.rng.IntN(3)
	}
	if field == "PodSpec.Containers" && value.Len() == 0 && g.rng.IntN(50) != 0 {
		more = 1 + g.rng.IntN(2)
	}
	for range more {
		item := reflect.New(value.Type().Elem()).Elem()
		if item.Kind() == reflect.Struct {
			g.identify(item)
			g.fill(item, field)
		} else {
			g.set(item, field)
		}
		value.Set(reflect.Append(value, item))
	}
}

// What nothing is without.
func (g generator) identify(item reflect.Value) {
	switch item := item.Addr().Interface().(type) {
	case *corev1.Container:
		item.Name = pick(g.rng, names)
	case *corev1.EphemeralContainer:
		item.Name = pick(g.rng, names)
	case *corev1.Volume:
		item.Name = pick(g.rng, names)
	case *corev1.Sysctl:
		item.Name = pick(g.rng, fieldPools["Sysctl.Name"])
	case *corev1.ContainerPort:
		item.HostPort = pick(g.rng, int32Values)
	}
}

func (g generator) fillMap(value reflect.Value, field string) {
	if !g.chance() {
		return
	}
	made := reflect.MakeMap(value.Type())
	for range 1 + g.rng.IntN(3) {
		key, item := reflect.New(value.Type().Key()).Elem(), reflect.New(value.Type().Elem()).Elem()
		key.SetString(pick(g.rng, otherTexts))
		g.set(item, field)
		if field == "ObjectMeta.Annotations" {
			key.SetString(g.annotationKey())
			item.SetString(pick(g.rng, annotationValues))
		}
		made.SetMapIndex(key, item)
	}
	value.Set(made)
}

func (g generator) annotationKey() string {
	if g.rng.IntN(2) == 0 {
		return pick(g.rng, annotationKeys)
	}
	return pick(g.rng, annotationPrefixes) + pick(g.rng, names)
}

// set gives a scalar (or what stands for one) a value of its pool.
func (g generator) set(value reflect.Value, field string) {
	if whole, ok := wholes[value.Type()]; ok {
		value.Set(reflect.ValueOf(whole(g)))
		return
	}
	switch value.Kind() {
	case reflect.String:
		pool, ok := typePools[value.Type()]
		if !ok {
			pool, ok = fieldPools[field]
		}
		if !ok {
			pool = otherTexts
		}
		value.SetString(pick(g.rng, pool))
	case reflect.Bool:
		value.SetBool(g.rng.IntN(2) == 0)
	case reflect.Int32:
		value.SetInt(int64(pick(g.rng, int32Values)))
	case reflect.Int64:
		value.SetInt(pick(g.rng, int64Values))
	default:
		panic("no values for " + value.Type().String() + " at " + field)
	}
}

// A pod that restricted allows in every version, with everything said at the pod, at the containers, or both.
func compliantPod(rng *rand.Rand) *corev1.Pod {
	yes, no := true, false
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: types.UID("0")}}
	profile := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	atPod := rng.IntN(2) == 0
	if atPod {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: &yes, SeccompProfile: profile}
	}
	container := func(name string) corev1.Container {
		security := &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no,
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		}
		if !atPod || rng.IntN(4) == 0 {
			security.RunAsNonRoot, security.SeccompProfile = &yes, profile
		}
		return corev1.Container{Name: name, Image: "x", SecurityContext: security}
	}
	for i := range rng.IntN(3) {
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, container(names[i]))
	}
	for i := range 1 + rng.IntN(2) {
		pod.Spec.Containers = append(pod.Spec.Containers, container(names[i]))
	}
	if rng.IntN(4) == 0 {
		common := corev1.EphemeralContainerCommon(container("debug"))
		pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: common}}
	}
	// Pointers are not shared among containers: spoiling one must leave the others alone.
	return pod.DeepCopy()
}
