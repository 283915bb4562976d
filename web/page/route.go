package page

import "daicho/internal/authz"

// Route is one line of the URL table: which action a request is, and who answers it. The server
// refuses the request before the handler when the actor may not do the action.
type Route struct {
	Method  string // GET (HEAD comes with it), POST
	Pattern string // "/assets/{no}"; parts in braces are read by r.PathValue
	Action  authz.Action
	Handler Handler
	// Body is the greatest request body in bytes; 0 means the server's own limit for forms. A route
	// with a limit of its own reads the body itself; for the others the form is parsed already.
	Body int64
	// Long gives the answer minutes instead of seconds: exports and downloads.
	Long bool
}
