// Reading compares how podgate reads with how others do: JSON with encoding/json under a strict reader's rules, YAML with
// what kubectl uses. Its inputs are the project's own files, changed at random from a fixed seed.
//
//	go run ./reading -driver PATH/TO/driver
//	go run ./reading -driver PATH/TO/driver -json 5000000 -yaml 0 -seed 7
//
// Where the two differ on purpose is said in known.go; anything else is cut down, printed, and fails.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	driver := flag.String("driver", "", "the program made of driver.c")
	jsons := flag.Int("json", 200_000, "changed JSON texts")
	yamls := flag.Int("yaml", 200_000, "changed YAML texts")
	seed := flag.Uint64("seed", 1, "of what is random")
	root := flag.String("root", "../..", "of the project")
	flag.Parse()
	if *driver == "" {
		fmt.Fprintln(os.Stderr, "reading: -driver is missing")
		os.Exit(2)
	}
	failed := 0
	for _, language := range []*Language{jsonLanguage(*root), yamlLanguage(*root)} {
		count := *jsons
		if language.Name == "yaml" {
			count = *yamls
		}
		differences, err := language.Compare(*driver, count, *seed)
		if err != nil {
			fmt.Fprintln(os.Stderr, "reading:", err)
			os.Exit(2)
		}
		failed += differences
	}
	if failed > 0 {
		os.Exit(1)
	}
}
