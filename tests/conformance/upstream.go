package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Params are the parameters of podgate's check.
type Params struct {
	Level   string   `json:"level"`
	Version string   `json:"version"`
	Except  []string `json:"except,omitempty"`
}

var checks = policy.DefaultChecks()

// The real thing, for what it can tell: the verdict without exceptions.
var evaluator = func() policy.Evaluator {
	e, err := policy.NewEvaluator(checks, nil)
	if err != nil {
		panic(err)
	}
	return e
}()

// ControlIDs are the ids of upstream's checks.
func ControlIDs() []string {
	ids := make([]string, len(checks))
	for i, check := range checks {
		ids[i] = string(check.ID)
	}
	return ids
}

// The form of a check that holds in a version, or nil.
func formAt(check policy.Check, version api.Version) *policy.VersionedCheck {
	var form *policy.VersionedCheck
	for i := range check.Versions {
		if !version.Older(check.Versions[i].MinimumVersion) {
			form = &check.Versions[i]
		}
	}
	return form
}

// Violated are the controls that a pod violates. Upstream's results carry no ids, so its checks are called
// one by one and its rule of overrides is applied here; exceptions are podgate's: an excepted check
// overrides nothing.
func Violated(params Params, pod *corev1.Pod) ([]string, error) {
	level, err := api.ParseLevel(params.Level)
	if err != nil {
		return nil, err
	}
	version, err := api.ParseVersion(params.Version)
	if err != nil {
		return nil, err
	}
	var violated, overridden []string
	active := map[string]policy.CheckPodFn{}
	for _, check := range checks {
		form := formAt(check, version)
		excepted := slices.Contains(params.Except, string(check.ID))
		within := level == api.LevelRestricted || level == check.Level
		if form == nil || excepted || !within {
			continue
		}
		active[string(check.ID)] = form.CheckPod
		for _, id := range form.OverrideCheckIDs {
			overridden = append(overridden, string(id))
		}
	}
	for id, checkPod := range active {
		if !slices.Contains(overridden, id) && !checkPod(&pod.ObjectMeta, &pod.Spec).Allowed {
			violated = append(violated, id)
		}
	}
	slices.Sort(violated)
	return violated, confirm(params, api.LevelVersion{Level: level, Version: version}, pod, len(violated) == 0)
}

// The reading above of upstream's registry must agree with upstream's evaluator.
func confirm(params Params, at api.LevelVersion, pod *corev1.Pod, allowed bool) error {
	if len(params.Except) > 0 {
		return nil
	}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec))
	if result.Allowed != allowed {
		return fmt.Errorf("%s: its evaluator says %v: %s", at, result.Allowed, result.ForbiddenReason())
	}
	return nil
}
