package trail

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"daicho/internal/errs"
)

// Kind is what a file holds.
type Kind string

// The kinds of files.
const (
	WholeLog    Kind = "log"         // every entry with its changes, and every head after its last entry
	Inclusion   Kind = "inclusion"   // one entry, the path from it to a head, the keys, the head
	Consistency Kind = "consistency" // a head that was kept, the path to a later one, the keys, the later head
)

// format is the number of the form of files.
const format = 1

// opening is the first line of a file.
type opening struct {
	Format int    `json:"format"`
	Kind   Kind   `json:"kind"`
	Size   int64  `json:"size"` // entries of the log, as far as the file goes
	Made   string `json:"made"` // when, for people
}

// line is one line of a file; exactly one of its parts is there.
type line struct {
	Log    *opening `json:"log,omitempty"`
	Act    *Entry   `json:"act,omitempty"`
	Change *Change  `json:"change,omitempty"`
	Key    string   `json:"key,omitempty"`
	Kept   string   `json:"kept,omitempty"`
	Path   *[]Hash  `json:"path,omitempty"`
	Head   string   `json:"head,omitempty"`
}

// Writer writes a file as JSON Lines.
type Writer struct {
	buf *bufio.Writer
	enc *json.Encoder
}

// NewWriter begins a file of a kind about the first size entries; made says when, for people.
func NewWriter(w io.Writer, k Kind, size int64, made string) (*Writer, error) {
	buf := bufio.NewWriterSize(w, 1<<16)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return &Writer{buf, enc}, enc.Encode(line{Log: &opening{format, k, size, made}})
}

// Entry writes an act; its changes follow.
func (w *Writer) Entry(e Entry) error { return w.enc.Encode(line{Act: &e}) }

// Change writes a change of the last act.
func (w *Writer) Change(c Change) error { return w.enc.Encode(line{Change: &c}) }

// Head writes a signed head.
func (w *Writer) Head(note string) error { return w.enc.Encode(line{Head: note}) }

// Proof writes the path of a proof, the keys that may have signed the head, and the head.
func (w *Writer) Proof(path []Hash, keys []Public, note string) error {
	if path == nil {
		path = []Hash{}
	}
	err := w.enc.Encode(line{Path: &path})
	for _, k := range keys {
		err = errors.Join(err, w.enc.Encode(line{Key: k.Text}))
	}
	return errors.Join(err, w.Head(note))
}

// Kept writes the head that a proof begins at.
func (w *Writer) Kept(h Head) error { return w.enc.Encode(line{Kept: h.Short()}) }

// Close writes what is left.
func (w *Writer) Close() error { return w.buf.Flush() }

// errFile is a file that no program of ours has written.
func errFile(at int, what string) error {
	return errs.New(errs.Invalid, "trail.file", fmt.Sprintf("ファイルの%d行目: %s daicho trail export か prove で書き出したファイルを、そのまま指定してください。", at, what))
}

// reader reads a file line by line.
type reader struct {
	s  *bufio.Reader
	at int
}

// next reads the next line. Errors: io.EOF at the end; Invalid for what is no such line.
func (r *reader) next() (line, error) {
	var l line
	text, err := r.s.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		long := slices.Clone(text)
		text, err = r.s.ReadBytes('\n')
		text = append(long, text...)
	}
	switch {
	case errors.Is(err, io.EOF) && len(text) == 0:
		return l, io.EOF
	case errors.Is(err, io.EOF):
		return l, errFile(r.at+1, "行が途中で切れています。")
	case err != nil:
		return l, err
	}
	r.at++
	if err := json.Unmarshal(text, &l); err != nil {
		return l, errFile(r.at, "読み取れません。")
	}
	return l, nil
}

// VerifyFile verifies an exported log or a proof with nothing but the file and the options.
// Errors: *Fault for what does not hold; Invalid for what is no such file; of the reader.
func VerifyFile(in io.Reader, o Options) (Kind, Report, error) {
	r := &reader{s: newBuffer(in)}
	first, err := r.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return "", Report{}, err
	}
	if first.Log == nil || first.Log.Format != format {
		return "", Report{}, errFile(1, "操作記録のファイルではありません。")
	}
	var report Report
	switch first.Log.Kind {
	case WholeLog:
		report, err = verifyLog(r, *first.Log, o)
	case Inclusion, Consistency:
		report, err = verifyProof(r, *first.Log, o)
	default:
		err = errFile(1, "知らない種類のファイルです。")
	}
	return first.Log.Kind, report, err
}

func verifyLog(r *reader, first opening, o Options) (Report, error) {
	v := NewVerifier(o)
	for {
		l, err := r.next()
		if errors.Is(err, io.EOF) {
			return v.Close(first.Size)
		}
		switch {
		case err != nil:
		case l.Act != nil:
			err = v.Entry(*l.Act)
		case l.Change != nil:
			err = v.Change(*l.Change)
		case l.Head != "":
			err = v.Head(l.Head)
		default:
			err = errFile(r.at, "知らない行です。")
		}
		if err != nil {
			return v.report, err
		}
	}
}

// proof is the content of a proof's file.
type proof struct {
	entry *Entry
	leaf  *Leaf
	count int
	kept  Head
	path  []Hash
	keys  []Public
	note  string
}

func (p *proof) take(l line) error {
	switch {
	case l.Act != nil && p.entry == nil:
		p.entry, p.leaf = l.Act, NewLeaf(l.Act.Act, l.Act.Xid, l.Act.Head, l.Act.Digest)
		if l.Act.Salt != "" && !l.Act.holds() {
			return &Fault{l.Act.N, l.Act.N, "行為の内容が、要約値と合いません。書き換えられています。"}
		}
	case l.Change != nil && p.leaf != nil:
		p.leaf.Add(*l.Change)
		p.count++
		if l.Change.Salt != "" && !l.Change.Bare() && !l.Change.holds() {
			return &Fault{p.entry.N, p.entry.N, fmt.Sprintf("変更 %d の内容が、要約値と合いません。書き換えられています。", l.Change.Seq)}
		}
	case l.Kept != "":
		h, _, err := ReadTyped(l.Kept)
		p.kept = h
		return err
	case l.Path != nil:
		p.path = *l.Path
	case l.Key != "":
		k, err := ParsePublic(l.Key)
		if !slices.ContainsFunc(p.keys, func(o Public) bool { return o.Text == k.Text }) {
			p.keys = append(p.keys, k)
		}
		return err
	case l.Head != "":
		p.note = l.Head
	default:
		return errors.New("unknown")
	}
	return nil
}

// verifyProof verifies that the entry or the kept head lies under the signed head.
func verifyProof(r *reader, first opening, o Options) (Report, error) {
	var p proof
	for {
		l, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Report{}, err
		}
		var fault *Fault
		if err := p.take(l); errors.As(err, &fault) {
			return Report{}, err
		} else if err != nil {
			return Report{}, errFile(r.at, "知らない行です。")
		}
	}
	head, by, err := signers(p.note, p.keys)
	if err != nil {
		return Report{}, &Fault{-1, -1, "頭の署名が、ファイルにある鍵のものではありません。"}
	}
	out := Report{Log: head.Log, Size: head.Size, Heads: 1, Head: head}
	for _, k := range by {
		out.Keys = append(out.Keys, KeyUse{Public: k, Entry: -1, Trusted: slices.ContainsFunc(o.Keys, func(t Public) bool { return t.Text == k.Text })})
	}
	if len(o.Keys) > 0 && !slices.ContainsFunc(out.Keys, func(k KeyUse) bool { return k.Trusted }) {
		return out, &Fault{-1, -1, "頭の署名が、指定された鍵のものではありません。"}
	}
	if first.Kind == Inclusion {
		if p.entry == nil || p.count != p.entry.Count {
			return out, errFile(r.at, "記録が一件そろっていません。")
		}
		if tlog.CheckRecord(p.path, head.Size, head.Root, p.entry.N, p.leaf.Hash()) != nil {
			return out, &Fault{p.entry.N, p.entry.N, fmt.Sprintf("この記録は、%d件の頭に含まれていません。", head.Size)}
		}
		out.Entry = p.entry
		out.Changes = int64(p.count)
		return out, nil
	}
	for _, kept := range append(o.Kept, p.kept) {
		if kept.Size != p.kept.Size || kept.Root != p.kept.Root {
			return out, &Fault{-1, -1, fmt.Sprintf("指定された控え（%d件）は、この証明の始まり（%d件）と違います。", kept.Size, p.kept.Size)}
		}
	}
	if tlog.CheckTree(p.path, head.Size, head.Root, p.kept.Size, p.kept.Root) != nil {
		return out, &Fault{-1, -1, fmt.Sprintf("%d件の頭は、%d件の頭につながりません。どちらかの後に書き換えられています。", p.kept.Size, head.Size)}
	}
	out.Kept = []Head{p.kept}
	return out, nil
}

func newBuffer(in io.Reader) *bufio.Reader { return bufio.NewReaderSize(in, 1<<16) }
