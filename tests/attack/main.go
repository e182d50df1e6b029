// Command attack breaks things around a real podgate and watches whether anybody notices: see docs/reliability.md.
// Run from the root of the repository.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

var suites = map[string]func(config, *report) error{
	"million":   million,
	"attacks":   runAttacks,
	"lifecycle": runLifecycle,
	"soak":      soak,
}

func main() { os.Exit(run()) }

func run() int {
	podgate := flag.String("podgate", "build/podgate", "the program")
	c := config{reviews: "tests/reviews"}
	flag.Uint64Var(&c.seed, "seed", 1, "of reviews and hostile bytes")
	flag.Int64Var(&c.count, "count", 1000000, "requests of million")
	flag.DurationVar(&c.soak, "soak", time.Hour, "how long")
	flag.StringVar(&c.only, "only", "", "faults whose name has this text")
	flag.BoolVar(&c.sanitized, "sanitized", false, "built with sanitizers, which keep what was freed: memory is not bounded")
	rows := flag.String("rows", "", "the folder for a file of rows a table")
	flag.Parse()
	out := &report{}
	path, err := filepath.Abs(*podgate)
	if err == nil {
		c.place, err = newPlace(path, os.TempDir())
	}
	if err == nil {
		defer os.RemoveAll(c.place.dir)
		for _, name := range flag.Args() {
			suite, known := suites[name]
			if !known {
				err = fmt.Errorf("there is no suite %s", name)
				break
			}
			if err = suite(c, out); err != nil && out.failed > 0 {
				err = nil // it is told
			}
		}
	}
	if err == nil && *rows != "" && out.failed == 0 {
		err = out.write(*rows)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		out.failed++
	}
	fmt.Printf("%d passed, %d failed\n", out.passed, out.failed)
	if out.failed > 0 {
		return 1
	}
	return 0
}
