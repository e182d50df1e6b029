package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// decode keeps numbers as they are written.
func decode(text []byte) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(&value)
	return value, err
}

// readJSON reads one value as RFC 8259 and RFC 7493 have it: UTF-8, no half of a surrogate pair, no key twice.
func readJSON(text []byte) Reading {
	value, err := readStrictly(text)
	if err != nil {
		return Reading{Err: err.Error()}
	}
	return Reading{Documents: []any{value}}
}

func readStrictly(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	if !json.Valid(text) {
		return nil, errors.New("not JSON")
	}
	if hasLoneSurrogate(text) {
		return nil, errors.New("a lone surrogate")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := readValue(decoder)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

func readValue(from *json.Decoder) (any, error) {
	token, err := from.Token()
	switch {
	case err != nil:
		return nil, err
	case token == json.Delim('['):
		list := []any{}
		for from.More() {
			item, err := readValue(from)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = from.Token()
		return list, err
	case token == json.Delim('{'):
		object := map[string]any{}
		for from.More() {
			key, err := from.Token()
			if err != nil {
				return nil, err
			}
			value, err := readValue(from)
			if err != nil {
				return nil, err
			}
			if _, twice := object[key.(string)]; twice {
				return nil, fmt.Errorf("the key %q twice", key)
			}
			object[key.(string)] = value
		}
		_, err = from.Token()
		return object, err
	}
	return token, nil
}

// hasLoneSurrogate looks at the escapes of a valid text: outside strings it has no backslash.
func hasLoneSurrogate(text []byte) bool {
	unit := func(at int) (code uint16) {
		if at+6 <= len(text) && text[at] == '\\' && text[at+1] == 'u' {
			fmt.Sscanf(string(text[at+2:at+6]), "%x", &code)
		}
		return code
	}
	for at := 0; at < len(text); at++ {
		if text[at] != '\\' {
			continue
		}
		switch code := unit(at); {
		case code >= 0xDC00 && code < 0xE000:
			return true
		case code >= 0xD800 && code < 0xDC00:
			if low := unit(at + 6); low < 0xDC00 || low >= 0xE000 {
				return true
			}
			at += 11
		default:
			at++
		}
	}
	return false
}
