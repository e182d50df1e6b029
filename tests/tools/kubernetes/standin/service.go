package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// services are what kube-proxy and the cluster's DNS would make of the namespace's Services: whoever asks a Service's
// address gets one of its ready endpoints, and Pods that start find its names in /etc/hosts.
type services struct {
	fronts map[string]*front // by address:port
	hosts  string
	next   time.Time
}

type front struct {
	listener net.Listener
	backends chan []string // holds the latest list
	seen     bool
}

func (s *standin) followServices(ctx context.Context) {
	if time.Now().Before(s.services.next) {
		return
	}
	s.services.next = time.Now().Add(500 * time.Millisecond)
	list, err := s.client.CoreV1().Services(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	slices, err := s.client.DiscoveryV1().EndpointSlices(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for _, f := range s.services.fronts {
		f.seen = false
	}
	s.services.hosts = "127.0.0.1 localhost\n"
	for i := range list.Items {
		service := &list.Items[i]
		if service.Spec.ClusterIP == "" || service.Spec.ClusterIP == v1.ClusterIPNone {
			continue
		}
		name := service.Name + "." + service.Namespace
		s.services.hosts += fmt.Sprintf("%s %s.svc.cluster.local %s.svc %s %s\n", service.Spec.ClusterIP, name, name, name, service.Name)
		for _, port := range service.Spec.Ports {
			s.show(service, port, ready(slices.Items, service.Name, port.Name))
		}
	}
	for at, f := range s.services.fronts {
		if !f.seen {
			f.listener.Close()
			delete(s.services.fronts, at)
		}
	}
}

// ready lists the addresses that may be asked for one port of a Service.
func ready(slices []discovery.EndpointSlice, service, port string) []string {
	var all []string
	for i := range slices {
		if slices[i].Labels[discovery.LabelServiceName] != service {
			continue
		}
		for _, p := range slices[i].Ports {
			if p.Name == nil || *p.Name != port || p.Port == nil {
				continue
			}
			for _, endpoint := range slices[i].Endpoints {
				if isTrue(endpoint.Conditions.Ready) {
					all = append(all, net.JoinHostPort(endpoint.Addresses[0], strconv.Itoa(int(*p.Port))))
				}
			}
		}
	}
	return all
}

func (s *standin) show(service *v1.Service, port v1.ServicePort, backends []string) {
	at := net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port)))
	f := s.services.fronts[at]
	if f == nil {
		if err := run("ip", "addr", "replace", service.Spec.ClusterIP+"/32", "dev", s.bridge); err != nil {
			log.Print(err)
			return
		}
		listener, err := net.Listen("tcp", at)
		if err != nil {
			log.Print(err)
			return
		}
		f = &front{listener: listener, backends: make(chan []string, 1)}
		f.backends <- nil
		s.services.fronts[at] = f
		go f.serve()
	}
	<-f.backends
	f.backends <- backends
	f.seen = true
}

func (f *front) serve() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return
		}
		backends := <-f.backends
		f.backends <- backends
		go forward(client, backends)
	}
}

func forward(client net.Conn, backends []string) {
	defer client.Close()
	if len(backends) == 0 {
		return
	}
	server, err := net.DialTimeout("tcp", backends[rand.IntN(len(backends))], 5*time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].(*net.TCPConn).CloseWrite()
			done <- struct{}{}
		}()
	}
	<-done
	<-done
}

// writeHosts gives a container its /etc/hosts; never through a link into the image.
func (s *standin) writeHosts(root string, p *pod) error {
	etc := filepath.Join(root, "etc")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return err
	}
	file := filepath.Join(etc, "hosts")
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(file, []byte(strings.TrimLeft(s.services.hosts+p.address+" "+p.name+"\n", "\n")), 0o644)
}
