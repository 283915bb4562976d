// Package arch holds tests about the program itself: which package may import which, which modules
// it stands on and why, what the schema promises. It contains no code that the program uses.
package arch
