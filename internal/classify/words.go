package classify

import "unicode"

// Piece is a stretch of a text that two wordings share, or that only one of them has.
type Piece struct {
	Text      string
	Gone, New bool // only in the earlier wording, only in the later one
}

// maxWords bounds the table of the comparison; longer texts are shown as wholes.
const maxWords = 600

// CompareWords compares two wordings word by word. Japanese has no spaces, so a word is a run of one
// kind of characters (漢字, かな, カナ, letters and digits), every other character by itself.
func CompareWords(before, after string) []Piece {
	a, b := wordsOf(before), wordsOf(after)
	if len(a) > maxWords || len(b) > maxWords {
		return merge([]Piece{{Text: before, Gone: true}, {Text: after, New: true}})
	}
	// The longest common subsequence, from the end, so that it is read off from the beginning.
	long := make([][]int, len(a)+1)
	for i := range long {
		long[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var out []Piece
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, Piece{Text: a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && long[i+1][j] >= long[i][j+1]:
			out = append(out, Piece{Text: a[i], Gone: true})
			i++
		default:
			out = append(out, Piece{Text: b[j], New: true})
			j++
		}
	}
	return merge(out)
}

// merge joins neighbours of one sort and drops empty pieces.
func merge(in []Piece) []Piece {
	var out []Piece
	for _, p := range in {
		if p.Text == "" {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Gone == p.Gone && out[n-1].New == p.New {
			out[n-1].Text += p.Text
			continue
		}
		out = append(out, p)
	}
	return out
}

func wordsOf(s string) []string {
	var out []string
	last := 0
	for _, r := range s {
		sort := sortOf(r)
		if n := len(out); n > 0 && sort != 0 && sort == last {
			out[n-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		last = sort
	}
	return out
}

func sortOf(r rune) int {
	switch {
	case unicode.Is(unicode.Han, r) || r == '々':
		return 1
	case unicode.Is(unicode.Hiragana, r):
		return 2
	case unicode.Is(unicode.Katakana, r) || r == 'ー':
		return 3
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return 4
	}
	return 0
}
