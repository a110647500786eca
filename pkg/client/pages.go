package client

import (
	"errors"
	"iter"
)

// pages goes through the items of the page at cursor and of all that follow.
func pages[T any](cursor string, fetch func(cursor string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for at := cursor; ; {
			items, next, err := fetch(at)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			switch next {
			case "":
				return
			case at:
				yield(none, errors.New("the server answers with the same page again and again"))
				return
			}
			at = next
		}
	}
}
