package ui

import (
	"strconv"

	"daicho/internal/classify"
)

// Level is a classification level on one axis, for display. Rank counts from 1 (lowest) to Of; zero
// means not classified.
type Level struct {
	Axis string // C, I or A
	Code string // 3B, 2 …
	Rank int
	Of   int
	Word string // what the level means, for screen readers and tooltips; may be empty
	Old  bool   // of an earlier edition of the 分類体系
	Next string // what it becomes in the edition in force; may be empty
}

// LevelOf is the mark of a level on an axis.
func LevelOf(a classify.Axis, l classify.Look) Level {
	return Level{Axis: string(a), Code: l.Code, Rank: int(l.Rank), Of: int(l.Of), Word: l.Label, Old: l.Old, Next: l.Next}
}

// name is how the axis is called in front of the code.
func (l Level) name() string {
	switch l.Axis {
	case "C":
		return "機密"
	case "I":
		return "完"
	case "A":
		return "可"
	}
	return l.Axis
}

func (l Level) text() string {
	if l.Rank == 0 || l.Code == "" {
		return l.name() + " 未定"
	}
	s := l.name() + " "
	if l.Old {
		s += "旧"
	}
	s += l.Code
	if l.Next != "" {
		s += "→" + l.Next
	}
	return s
}

// tone spreads the ranks of a scheme over the five steps of the ramp.
func (l Level) tone() int {
	if l.Of <= 1 {
		return 1
	}
	t := 1 + (l.Rank-1)*4/(l.Of-1)
	return min(max(t, 1), 5)
}

// class: 機密性 is filled with a step of one hue; 完全性 and 可用性 are outlined, their highest bold.
func (l Level) class(big bool) string {
	c := "chip" + when(big, " chip--big")
	switch {
	case l.Rank == 0:
		return c + " chip--none"
	case l.Axis == "C":
		return c + " chip--level" + strconv.Itoa(l.tone())
	case l.Rank == l.Of:
		return c + " chip--strong"
	}
	return c
}

// State is a state of an asset or an application, for display.
type State struct {
	Tone  StateTone
	Label string
}

// StateTone is the look of a state; the word always stands in it.
type StateTone string

// The tones of states.
const (
	StateDraft    StateTone = "draft"    // 下書き
	StatePending  StateTone = "pending"  // 申請中
	StateReturned StateTone = "returned" // 差戻し
	StateActive   StateTone = "active"   // 有効
	StatePaused   StateTone = "paused"   // 休止
	StateEnded    StateTone = "ended"    // 廃棄, 取下げ
	StateWarn     StateTone = "warn"     // 要再承認, 期限
	StateError    StateTone = "error"    // 誤り
)

// zoneClass: a zone that is not known looks like 領域外.
func zoneClass(code string) string {
	switch code {
	case "MN", "mn":
		return "mn"
	case "LG", "lg":
		return "lg"
	case "IT", "it":
		return "it"
	}
	return "out"
}
