package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log"
	"math/big"
	"net/http"
	"path/filepath"
	"time"
)

// serveLogs answers what the API server asks a kubelet for `kubectl logs`: /containerLogs/NAMESPACE/POD/CONTAINER.
// It has the whole log, always: it knows neither --follow nor --tail.
func (s *standin) serveLogs(address string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
		// Go's router has refused what would lead out of the folder.
		http.ServeFile(w, r, filepath.Join(s.dir, r.PathValue("pod")+"."+r.PathValue("container")+".log"))
	})
	server := http.Server{Addr: address, Handler: mux,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}}
	log.Fatal(server.ListenAndServeTLS("", ""))
}
