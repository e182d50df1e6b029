// Package client asks a webhook as the API server does: Go's net/http with the settings of client-go
// (k8s.io/client-go/transport/cache.go, rest/with_retry.go) and the checks of
// k8s.io/apiserver/pkg/admission/plugin/webhook/request.VerifyAdmissionResponse.
//
// A POST is never sent again after a connection error, but where net/http knows that nothing of it was
// written. An answer 429 or 5xx with Retry-After is: up to ten times, within the deadline.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	idlePerHost = 25
	idleTimeout = 90 * time.Second
	maxRetries  = 10
)

// A Client is one API server's. Safe for many goroutines.
type Client struct {
	http        *http.Client
	url         string
	Retried     atomic.Int64 // requests that were sent again because of Retry-After
	Connections atomic.Int64 // that were made
}

// Dialer chooses an endpoint, as a Service does for each new connection.
type Dialer func(ctx context.Context) (net.Conn, error)

// New makes a client of the Service `serverName` whose certificate `roots` must prove.
func New(serverName string, roots *x509.CertPool, dial Dialer) *Client {
	c := &Client{url: "https://" + serverName}
	c.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c.Connections.Add(1)
			return dial(ctx)
		},
		TLSClientConfig: &tls.Config{
			RootCAs: roots, ServerName: serverName, MinVersion: tls.VersionTLS12,
			NextProtos: []string{"http/1.1"}, // so webhook clients spread over replicas
		},
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     idleTimeout,
	}}
	return c
}

// Close ends the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Review posts one review and returns the bytes of a valid answer; anything else is an error.
func (c *Client) Review(ctx context.Context, path string, review []byte, uid string, timeout time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for attempt := 0; ; attempt++ {
		status, header, answer, err := c.post(ctx, path+"?timeout="+timeout.String(), review)
		if err != nil {
			return nil, err
		}
		wait, again := retryAfter(status, header)
		if !again || attempt == maxRetries {
			if status != http.StatusOK {
				return nil, fmt.Errorf("status %d: %.200s", status, answer)
			}
			return answer, verify(answer, uid)
		}
		c.Retried.Add(1)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("status %d, and the deadline ended the retries", status)
		case <-time.After(wait):
		}
	}
}

// A Stage is how far a request had come when its connection failed.
type Stage int32

const (
	NoConnection Stage = iota // refused, or ended in the TLS handshake
	Connected                 // not all of the request was written
	Asked                     // written, and not a byte of the answer had come
	Answered                  // the answer had begun
)

func (s Stage) String() string {
	return [...]string{"no connection was made", "the connection ended while the request was written",
		"the connection ended before the answer", "the connection ended in the answer"}[s]
}

// A ConnectionError is a request's end without an answer.
type ConnectionError struct {
	Stage Stage
	err   error
}

func (e *ConnectionError) Error() string { return e.Stage.String() + ": " + e.err.Error() }
func (e *ConnectionError) Unwrap() error { return e.err }

// follow notes the stage of the last try: net/http makes another where it knows that nothing was written.
func follow(ctx context.Context, stage *atomic.Int32) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { stage.Store(int32(NoConnection)) },
		GotConn: func(httptrace.GotConnInfo) { stage.Store(int32(Connected)) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				stage.Store(int32(Asked))
			}
		},
		GotFirstResponseByte: func() { stage.Store(int32(Answered)) },
	})
}

func (c *Client) post(ctx context.Context, path string, body []byte) (int, http.Header, []byte, error) {
	var stage atomic.Int32
	status, header, answer, err := c.try(follow(ctx, &stage), path, body)
	if err != nil && ctx.Err() == nil {
		err = &ConnectionError{Stage(stage.Load()), err}
	}
	return status, header, answer, err
}

func (c *Client) try(ctx context.Context, path string, body []byte) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, */*")
	request.Header.Set("User-Agent", "kube-apiserver-admission")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, answer, err
}

// client-go takes seconds only, 0 among them; a date means no retry.
func retryAfter(status int, header http.Header) (time.Duration, bool) {
	if status != http.StatusTooManyRequests && status < 500 {
		return 0, false
	}
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}

type admissionReview struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Response   *struct {
		UID     string `json:"uid"`
		Allowed *bool  `json:"allowed"`
		Status  *struct {
			Status  string          `json:"status"`
			Message string          `json:"message"`
			Reason  string          `json:"reason"`
			Code    int             `json:"code"`
			Details json.RawMessage `json:"details"`
		} `json:"status"`
		AuditAnnotations map[string]string `json:"auditAnnotations"`
		Warnings         []string          `json:"warnings"`
	} `json:"response"`
}

// verify is stricter than the API server: a member that a validating webhook has no business to send
// (patch, patchType, anything unknown) is an error too.
func verify(answer []byte, uid string) error {
	var review admissionReview
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&review); err != nil {
		return fmt.Errorf("the answer is no AdmissionReview: %w: %.200s", err, answer)
	}
	switch r := review.Response; {
	case review.APIVersion != "admission.k8s.io/v1" || review.Kind != "AdmissionReview":
		return fmt.Errorf("the answer is a %s %s", review.APIVersion, review.Kind)
	case r == nil || r.Allowed == nil:
		return fmt.Errorf("the answer has no response or no verdict: %.200s", answer)
	case r.UID != uid:
		return fmt.Errorf("the answer is for uid %q, asked was %q", r.UID, uid)
	case !*r.Allowed && (r.Status == nil || r.Status.Message == "" || r.Status.Code < 400):
		return fmt.Errorf("a denial without message or code: %.200s", answer)
	}
	return nil
}
