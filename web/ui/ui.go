// Package ui is the design system as templ components: each takes one view struct or plain values
// and draws HTML with classes of web/static, without a service, a clock or a request. It imports
// form for fields and static for URLs, and must not import page, features or internal/app.
package ui

import (
	"strings"
)

// classes joins the names that are not empty.
func classes(names ...string) string {
	var kept []string
	for _, n := range names {
		if n != "" {
			kept = append(kept, n)
		}
	}
	return strings.Join(kept, " ")
}

// when returns s if the condition holds, else nothing.
func when(condition bool, s string) string {
	if condition {
		return s
	}
	return ""
}
