package ui

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

var foreign = regexp.MustCompile(`^(net|crypto|context|sync|database|log)(/|$)`)

// holders walks everything that can be reached from v, through fields that
// are not exported as well, and names the places that hold a secret.
func holders(v any, secret string) (found []string) {
	seen := map[uintptr]bool{}
	var walk func(v reflect.Value, path string, depth int)
	walk = func(v reflect.Value, path string, depth int) {
		// Other goroutines change what belongs to the HTTP connections and the store; neither draws.
		if !v.IsValid() || depth > 60 || foreign.MatchString(v.Type().PkgPath()) {
			return
		}
		switch v.Kind() {
		case reflect.String:
			if strings.Contains(v.String(), secret) {
				found = append(found, path)
			}
		case reflect.Pointer:
			if !v.IsNil() && !seen[v.Pointer()] {
				seen[v.Pointer()] = true
				walk(v.Elem(), path, depth+1)
			}
		case reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem(), path, depth+1)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name, depth+1)
			}
		case reflect.Slice, reflect.Array:
			switch v.Type().Elem().Kind() {
			case reflect.Uint8, reflect.Int32: // text as bytes or characters
				if v.Len() < 10_000 && strings.Contains(textOf(v), secret) {
					found = append(found, path)
				}
				return
			}
			for i := range v.Len() {
				walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1)
			}
		case reflect.Map:
			for it := v.MapRange(); it.Next(); {
				walk(it.Key(), path+"{key}", depth+1)
				walk(it.Value(), path+"{}", depth+1)
			}
		}
	}
	walk(reflect.ValueOf(v), "", 0)
	return found
}

func textOf(v reflect.Value) string {
	out := make([]rune, v.Len())
	for i := range out {
		if e := v.Index(i); e.CanInt() {
			out[i] = rune(e.Int())
		} else {
			out[i] = rune(e.Uint())
		}
	}
	return string(out)
}
