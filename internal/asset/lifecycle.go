package asset

// The codes of 状態 of what is in force, field "lifecycle" of a document. Source: 基本方針 6(2).
// An unset value means in use.
const (
	LifecycleInUse     = "in_use"
	LifecycleSuspended = "suspended"
	LifecycleDisposed  = "disposed"
)

// Lifecycles lists the codes of 状態 of a document.
func Lifecycles() []Option { return lifecycles[:] }

var lifecycles = [...]Option{
	{LifecycleInUse, "使用中", ""},
	{LifecycleSuspended, "休止", "しばらく使わないが、まだ持っている"},
	{LifecycleDisposed, "廃棄済", "廃棄、返却、解約などが済み、証拠がある"},
}

// State is where the row of an asset stands: before its first approval it walks the states of its
// first application; afterwards it shows what is in force, while a change of it is pending beside.
type State string

// The states of an asset.
const (
	StateDraft     State = "draft"
	StatePending   State = "pending"
	StateReturned  State = "returned"
	StateActive    State = "active"
	StateSuspended State = "suspended"
	StateDisposed  State = "disposed"
)

// States lists the states with their words, in the order of an asset's life.
func States() []Option { return states[:] }

var states = [...]Option{
	{string(StateDraft), "下書き", "まだ申請していない"},
	{string(StatePending), "申請中", "承認を待っている"},
	{string(StateReturned), "差戻し", "承認者から戻された"},
	{string(StateActive), "使用中", "承認された内容で使っている"},
	{string(StateSuspended), "休止", "しばらく使わない"},
	{string(StateDisposed), "廃棄済", "証拠とともに廃棄した"},
}

// Label returns the word of the state, or the code itself for an unknown one.
func (s State) Label() string { return Label(states[:], string(s)) }

// Valid reports whether s is one of the states.
func (s State) Valid() bool {
	for _, o := range states {
		if o.Code == string(s) {
			return true
		}
	}
	return false
}

// InForce reports whether the asset has approved content: it stands in the register and is never
// deleted any more.
func (s State) InForce() bool {
	return s == StateActive || s == StateSuspended || s == StateDisposed
}

// InForceState returns the state of an asset whose approved document has the given 状態.
func InForceState(lifecycle string) State {
	switch lifecycle {
	case LifecycleSuspended:
		return StateSuspended
	case LifecycleDisposed:
		return StateDisposed
	}
	return StateActive
}
