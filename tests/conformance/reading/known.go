package main

import "regexp"

// Known is a difference that is meant, and why.
type Known struct {
	pattern, text *regexp.Regexp // of what differs; and of the text that is read
	reason        string
}

func known(pattern, text, reason string) Known {
	return Known{regexp.MustCompile("^" + pattern), regexp.MustCompile(text), reason}
}

var knownOfJSON = []Known{
	known(`podgate refuses: .*U\+0000`, `\\u0000`, "podgate judges no text with U+0000: others may read it up to there"),
	known(`podgate refuses: .*deeper than`, `[\[{]{9}`, "podgate has a limit of nesting (--max-depth)"),
	known(`podgate refuses: .*number`, `[0-9.]{30}`, "podgate judges no number of more than 63 bytes"),
	known(`encoding/json refuses: not JSON`, "^\xef\xbb\xbf", "podgate passes over a byte order mark"),
}

// The first that fits counts. What kubectl refuses is not applied, whatever podgate says of it; what kubectl passes over podgate may judge or refuse.
var knownOfYAML = []Known{
	known(`kubectl refuses`, ``, "kubectl, which has an older YAML, refuses the file"),
	known(`podgate does not see`, `[0-9_]{16}`, "of 16 digits and more kubectl rounds what is spelled as a fraction (\"9222036854775807.\") or begins with 0 and is no octal"),
	known(`podgate does not see`, `[|>](?s:.*)[^\n]$`, "kubectl adds a newline to a file that ends without one, and so to a text in | or > form at its end"),
	known(`podgate refuses: .*looks like a template`, `\{\{|\{%`, "podgate's own words for what it refuses beside {{"),
	known(`podgate refuses: .*this cannot follow`, ``, "kubectl passes over what follows a document without a marker"),
	known(`podgate refuses: .*not UTF-8`, ``, "the same, where what follows is no text"),
	known(`podgate sees more documents`, `(?m)^(\.\.\.|%)|\r|\x{85}|\x{2028}|\x{2029}`, "the same: podgate reads on behind \"...\", directives, and line breaks that are no newline"),
	known(`podgate refuses: .*stands twice`, ``, "podgate refuses a key that stands twice, kubectl takes the last"),
	known(`podgate refuses: .*the tag`, `!`, "podgate refuses tags that mean nothing to Kubernetes, or do not fit"),
	known(`podgate refuses: .*U\+0000`, `\\`, "podgate judges no text with U+0000"),
	known(`podgate refuses: .*has no number`, `(?i)inf|nan`, "podgate refuses infinities and what is no number, as JSON does"),
	known(`podgate refuses: .*(cannot be a key|a key must be text|as a key)`, ``, "podgate refuses keys that are no text, and numbers that kubectl spells anew"),
	known(`podgate refuses: .*found unexpected ':'`, `:[,{}\[\]]`, "kubectl's older YAML takes a colon into a key in flow style (\"{a:,\")"),
	known(`podgate refuses: .*did not find expected (whitespace|tag URI)`, `!`, "kubectl's older YAML takes a bracket for a part of a tag"),
	known(`podgate (refuses|does not see)`, `\x{feff}`, "kubectl's older YAML takes a byte order mark within the text for a letter"),
	known(`podgate refuses`, `(?m)^%`, "a directive within a document ends it for kubectl"),
	known(`podgate refuses`, `(?m)^(\.\.\.|%)|\r|\x{85}|\x{2028}|\x{2029}`, "the same: podgate refuses what stands there"),
}
