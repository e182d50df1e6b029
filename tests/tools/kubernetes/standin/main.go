// standin is what tests/e2e has instead of a kubelet: it really runs the Pods of one namespace, each in a network
// namespace with an address of its own, from folders that stand for images.
//
// What it takes over from the kubelet, because podgate depends on it: the rendered arguments and environment, volumes
// written by the kubelet's own AtomicWriter (..data links) and kept up to date, the user, fsGroup and read-only root,
// readiness and liveness probes, SIGTERM and the grace period, restarts, logs, and the Pod's status; and what kube-proxy
// and DNS do for the Services of that namespace.
// What it leaves out says so and fails the Pod.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// sources names what this program was built from: build.sh sets it, so that a change builds anew.
var sources string

type images map[string]string

func (i images) String() string { return fmt.Sprint(map[string]string(i)) }
func (i images) Set(text string) error {
	name, folder, found := strings.Cut(text, "=")
	if !found {
		return fmt.Errorf("want IMAGE=FOLDER")
	}
	i[name] = folder
	return nil
}

type standin struct {
	client    kubernetes.Interface
	namespace string
	dir       string
	bridge    string
	gateway   string
	images    images
	addresses int
	pods      map[types.UID]*pod
	services  services
}

func main() {
	s := &standin{images: images{}, pods: map[types.UID]*pod{}, services: services{fronts: map[string]*front{}}}
	kubeconfig := flag.String("kubeconfig", "", "how the API server is reached")
	flag.StringVar(&s.namespace, "namespace", "podgate", "whose Pods are run")
	flag.StringVar(&s.dir, "dir", "", "where Pods have their files")
	flag.StringVar(&s.bridge, "bridge", "e2e0", "what Pods' networks are plugged into")
	gateway := flag.String("gateway", "10.77.0.1", "the bridge's own address; Pods' begin with its first two numbers")
	flag.Var(s.images, "image", "IMAGE=FOLDER, repeatable")
	flag.Parse()
	log.Printf("standin %s", sources)
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	config.QPS, config.Burst = 100, 200
	s.client = kubernetes.NewForConfigOrDie(config)

	s.gateway = *gateway
	go s.serveLogs(*gateway + ":10250")

	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	for ended.Err() == nil {
		s.followServices(ended)
		s.turn(ended)
		select {
		case <-ended.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	for _, p := range s.pods {
		p.kill()
		p.cleanUp()
	}
}

func (s *standin) turn(ctx context.Context) {
	list, err := s.client.CoreV1().Pods(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		if ctx.Err() == nil {
			log.Printf("pods: %v", err)
		}
		time.Sleep(500 * time.Millisecond)
		return
	}
	there := map[types.UID]bool{}
	for i := range list.Items {
		object := &list.Items[i]
		there[object.UID] = true
		p := s.pods[object.UID]
		finished := object.Status.Phase == v1.PodSucceeded || object.Status.Phase == v1.PodFailed
		switch {
		case p == nil && object.DeletionTimestamp != nil && object.Spec.NodeName != "":
			s.forget(ctx, object)
		case p == nil && (object.Spec.NodeName == "" || finished):
		case p == nil:
			s.addresses++
			p = newPod(s, object, s.addresses)
			s.pods[object.UID] = p
			fallthrough
		default:
			p.turn(ctx, object)
		}
	}
	for uid, p := range s.pods {
		if !there[uid] {
			p.kill()
			p.cleanUp()
			delete(s.pods, uid)
		}
	}
}

// forget removes a Pod that has ended from the API server, as the kubelet does.
func (s *standin) forget(ctx context.Context, object *v1.Pod) {
	now := int64(0)
	uid := object.UID
	err := s.client.CoreV1().Pods(object.Namespace).Delete(ctx, object.Name,
		metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &uid}})
	if err != nil {
		log.Printf("%s: %v", object.Name, err)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func copyTree(from, to string) error {
	return filepath.Walk(from, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rest)
		if info.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		if info.Mode()&os.ModeSymlink != 0 {
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		}
		return os.Link(path, target)
	})
}
