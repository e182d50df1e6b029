// Conformance compares podgate with upstream's Pod Security Admission (the Go module
// k8s.io/pod-security-admission, whose version go.mod pins): its verdicts and the controls it finds violated.
//
//	go run . -driver PATH/TO/driver                      upstream's fixtures and found/, then random pods and updates
//	go run . -driver PATH/TO/driver -n 1000000 -pairs 0 -seed 7
//
// A difference is shrunk to the smallest pod, or pair of them, that still shows it and kept in found/.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"time"
)

func main() {
	driver := flag.String("driver", "", "the program made of driver.c")
	count := flag.Int("n", 200_000, "random pods")
	pairs := flag.Int("pairs", 200_000, "random updates: pairs of an old and a new pod")
	seed := flag.Uint64("seed", 0, "seed of what is random; 0 takes one from the clock")
	limit := flag.Duration("time", 0, "begin no more random pods, nor updates, after this time; 0: no limit")
	workers := flag.Int("workers", runtime.NumCPU(), "processes to judge with")
	found := flag.String("found", "found", "folder of the fixtures of differences")
	flag.Parse()
	if *driver == "" {
		fmt.Fprintln(os.Stderr, "conformance: -driver is missing")
		os.Exit(2)
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano()) & 0xffff_ffff
	}
	run := func(name string, draw func(*rand.Rand) Case, count int) Random {
		return Random{Name: name, Draw: draw, Count: count, Seed: *seed, Limit: *limit, Workers: *workers}
	}
	failed, err := compare(*driver, *found, run("pods", NewPodCase, *count), run("updates of pods", NewPairCase, *pairs))
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

func compare(driver, found string, runs ...Random) (failed bool, err error) {
	judge, err := StartJudge(driver)
	if err != nil {
		return false, err
	}
	defer judge.Close()
	upstream, err := UpstreamFixtures()
	if err != nil {
		return false, err
	}
	kept, err := KeptFixtures(found)
	if err != nil {
		return false, err
	}
	for _, group := range []struct {
		name     string
		fixtures []Fixture
	}{{"upstream's fixtures", upstream}, {"kept differences", kept}} {
		differences, err := CompareFixtures(judge, group.fixtures)
		if err != nil {
			return false, err
		}
		fmt.Printf("%s: %d, %d differences\n", group.name, len(group.fixtures), differences)
		failed = failed || differences > 0
	}
	for _, random := range runs {
		differences, err := random.Compare(driver, judge, found)
		if err != nil {
			return false, err
		}
		failed = failed || differences > 0
	}
	return failed, nil
}
