package main

import (
	"context"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/admission"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/metrics"
)

// namespace is where all pairs live.
const namespace = "n"

// The namespace has no labels: the policy is the admission's default.
type bareNamespace struct{}

func (bareNamespace) GetNamespace(context.Context, string) (*corev1.Namespace, error) {
	return &corev1.Namespace{}, nil
}

type noMetrics struct{}

func (noMetrics) RecordEvaluation(metrics.Decision, api.LevelVersion, metrics.Mode, api.Attributes) {}
func (noMetrics) RecordExemption(api.Attributes)                                                    {}
func (noMetrics) RecordError(bool, api.Attributes)                                                  {}

// upstreamAdmission is upstream's whole admission code that enforces one level and version everywhere.
func upstreamAdmission(params Params) (*admission.Admission, error) {
	a := &admission.Admission{
		Configuration: &admissionapi.PodSecurityConfiguration{Defaults: admissionapi.PodSecurityDefaults{
			Enforce: params.Level, EnforceVersion: params.Version,
			Audit: "privileged", AuditVersion: "latest",
			Warn: "privileged", WarnVersion: "latest",
		}},
		Evaluator:       evaluator,
		Metrics:         noMetrics{},
		NamespaceGetter: bareNamespace{},
	}
	return a, a.CompleteConfiguration()
}

// Admits tells whether upstream lets a write of a pod pass; `old` nil: it is created.
func Admits(params Params, old, pod *corev1.Pod, subresource string) (bool, error) {
	a, err := upstreamAdmission(params)
	if err != nil {
		return false, err
	}
	attributes := &api.AttributesRecord{
		Name:        "p",
		Namespace:   namespace,
		Kind:        corev1.SchemeGroupVersion.WithKind("Pod"),
		Resource:    corev1.SchemeGroupVersion.WithResource("pods"),
		Subresource: subresource,
		Operation:   admissionv1.Create,
		Object:      pod,
	}
	if old != nil {
		attributes.Operation, attributes.OldObject = admissionv1.Update, old
	}
	response := a.Validate(context.Background(), attributes)
	if !response.Allowed && response.Result.Code != http.StatusForbidden {
		return false, fmt.Errorf("its admission fails: %s", response.Result.Message)
	}
	return response.Allowed, nil
}
