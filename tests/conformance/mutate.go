package main

import (
	"math/rand/v2"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// What may happen to a pod: what the API server permits (images, tolerations, the deadline, resources, debug
// containers, metadata), and what it would refuse only after admission.
var mutations = []func(*rand.Rand, *corev1.Pod){
	changeImage, changeImage, changeImage, addContainer, removeContainer, swapContainers, renameContainer,
	moveContainer, addDebugContainer, addDebugContainer, removeDebugContainer, swapDebugContainers,
	changeDebugContainer, changeTolerations, changeDeadline, changeMetadata, changeMetadata, changeResources,
	changeSecurity, changeSecurity, changeAnything, changeAnything, changeStatus,
}

func mutate(rng *rand.Rand, pod *corev1.Pod) { pick(rng, mutations)(rng, pod) }

var images = []string{"x", "x ", "X", "y", "nginx:1.27", "nginx:1.28", ""}

// refill changes what a pointer leads to: half of its fields, or few.
func refill(rng *rand.Rand, pointer any, field string) {
	density := pick(rng, []float64{0.02, 0.1, 0.5})
	generator{rng, density}.fill(reflect.ValueOf(pointer).Elem(), field)
}

func allContainers(pod *corev1.Pod) []*corev1.Container {
	var all []*corev1.Container
	for i := range pod.Spec.InitContainers {
		all = append(all, &pod.Spec.InitContainers[i])
	}
	for i := range pod.Spec.Containers {
		all = append(all, &pod.Spec.Containers[i])
	}
	for i := range pod.Spec.EphemeralContainers {
		all = append(all, (*corev1.Container)(&pod.Spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
	return all
}

// anyContainer is never nil; in a pod without containers it belongs to none.
func anyContainer(rng *rand.Rand, pod *corev1.Pod) *corev1.Container {
	if all := allContainers(pod); len(all) > 0 {
		return pick(rng, all)
	}
	return &corev1.Container{}
}

// newContainer is a copy of one that is there, or a random one.
func newContainer(rng *rand.Rand, pod *corev1.Pod) corev1.Container {
	container := *anyContainer(rng, pod).DeepCopy()
	if rng.IntN(2) == 0 {
		container = corev1.Container{Image: pick(rng, images)}
		refill(rng, &container, "Container")
	}
	container.Name = pick(rng, names)
	return container
}

func lastingList(rng *rand.Rand, pod *corev1.Pod) *[]corev1.Container {
	return pick(rng, []*[]corev1.Container{&pod.Spec.InitContainers, &pod.Spec.Containers})
}

func insertAnywhere[T any](rng *rand.Rand, list *[]T, item T) {
	*list = slices.Insert(*list, rng.IntN(len(*list)+1), item)
}

func removeAny[T any](rng *rand.Rand, list *[]T) {
	if i := rng.IntN(len(*list) + 1); i < len(*list) {
		*list = slices.Delete(*list, i, i+1)
	}
}

func swapAny[T any](rng *rand.Rand, list []T) {
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func changeImage(rng *rand.Rand, pod *corev1.Pod) { anyContainer(rng, pod).Image = pick(rng, images) }

func renameContainer(rng *rand.Rand, pod *corev1.Pod) { anyContainer(rng, pod).Name = pick(rng, names) }

func addContainer(rng *rand.Rand, pod *corev1.Pod) {
	insertAnywhere(rng, lastingList(rng, pod), newContainer(rng, pod))
}

func removeContainer(rng *rand.Rand, pod *corev1.Pod) { removeAny(rng, lastingList(rng, pod)) }

func swapContainers(rng *rand.Rand, pod *corev1.Pod) { swapAny(rng, *lastingList(rng, pod)) }

// moveContainer leaves as many containers as before.
func moveContainer(rng *rand.Rand, pod *corev1.Pod) {
	from, to := &pod.Spec.InitContainers, &pod.Spec.Containers
	if rng.IntN(2) == 0 {
		from, to = to, from
	}
	if last := len(*from) - 1; last >= 0 {
		*to = append(*to, (*from)[last])
		*from = (*from)[:last]
	}
}

func addDebugContainer(rng *rand.Rand, pod *corev1.Pod) {
	common := corev1.EphemeralContainerCommon(newContainer(rng, pod))
	insertAnywhere(rng, &pod.Spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: common})
}

func removeDebugContainer(rng *rand.Rand, pod *corev1.Pod) {
	removeAny(rng, &pod.Spec.EphemeralContainers)
}

func swapDebugContainers(rng *rand.Rand, pod *corev1.Pod) {
	swapAny(rng, pod.Spec.EphemeralContainers)
}

func changeDebugContainer(rng *rand.Rand, pod *corev1.Pod) {
	if len(pod.Spec.EphemeralContainers) > 0 {
		refill(rng, &pod.Spec.EphemeralContainers[rng.IntN(len(pod.Spec.EphemeralContainers))], "EphemeralContainer")
	}
}

func changeTolerations(rng *rand.Rand, pod *corev1.Pod) {
	refill(rng, &pod.Spec.Tolerations, "PodSpec.Tolerations")
}

func changeDeadline(rng *rand.Rand, pod *corev1.Pod) {
	seconds := pick(rng, int64Values)
	pod.Spec.ActiveDeadlineSeconds = &seconds
}

func changeMetadata(rng *rand.Rand, pod *corev1.Pod) { refill(rng, &pod.ObjectMeta, "Pod.ObjectMeta") }

func changeResources(rng *rand.Rand, pod *corev1.Pod) {
	refill(rng, &anyContainer(rng, pod).Resources, "Container.Resources")
}

func changeSecurity(rng *rand.Rand, pod *corev1.Pod) {
	if rng.IntN(2) == 0 {
		refill(rng, &pod.Spec.SecurityContext, "PodSpec.SecurityContext")
	} else {
		refill(rng, &anyContainer(rng, pod).SecurityContext, "Container.SecurityContext")
	}
}

func changeAnything(rng *rand.Rand, pod *corev1.Pod) { refill(rng, &pod.Spec, "Pod.Spec") }

func changeStatus(rng *rand.Rand, pod *corev1.Pod) { refill(rng, &pod.Status, "Pod.Status") }
