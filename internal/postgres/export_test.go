package postgres

// Remembered is all that a process knows of the reference data in its latest state, by question.
func Remembered(db *DB) map[any]any {
	out := map[any]any{}
	db.reference.Load().answers.Range(func(k, v any) bool { out[k] = v; return true })
	return out
}
