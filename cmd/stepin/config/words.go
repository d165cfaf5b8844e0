package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"stepin/nudges/words"
)

// LoadWords reads the folder of wording that the configuration names, if it names one, and gives the words. The error
// lists all faults.
func (c Config) LoadWords(ctx context.Context) (*words.Words, error) {
	if c.Words == "" {
		return words.Shipped(), nil // a test checks them, not each start
	}
	in, err := readFolder(ctx, c.Words)
	if err != nil {
		return nil, fmt.Errorf("words: %w", unread("", c.Words, err))
	}
	texts, errs := map[string]string{}, []error{}
	for _, e := range in {
		name, path := e.Name(), filepath.Join(c.Words, e.Name())
		var got content
		if slices.Contains(words.Files, name) {
			if got, err = readFile(ctx, path, mostText); err != nil {
				errs = append(errs, unread("", path, err))
				continue
			}
		}
		if err := legible(path, got.text); err != nil {
			errs = append(errs, err)
			continue
		}
		texts[name] = string(got.text)
	}
	w, err := words.Load(c.Words, texts)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return w, nil
}
