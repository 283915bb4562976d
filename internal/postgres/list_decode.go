package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"daicho/internal/asset"
	"daicho/internal/classify"
	"daicho/internal/jpdate"
	"daicho/internal/ledger"
)

// decoder turns the rows of a window, as the server sends them in binary, into ledger rows. The
// general way of the driver looks at the type of each value anew, which is half the time of a page
// and most of the time of a file of a million rows. Every statement with these columns is asked for
// in binary, and the test of lists compares every column with what the driver reads.
type decoder struct {
	window window
	row    ledger.Row
	raw    [][]byte
	at     int
	err    error
}

var errShortRow = errors.New("a row of a list has other columns than the statement asked for")

// decode reads one row; the row is overwritten by the next.
func (d *decoder) decode(raw [][]byte) error {
	d.raw, d.at = raw, 0
	r := &d.row
	r.ID = d.int8()
	r.Number = d.text()
	r.Kind = asset.Kind(d.word())
	r.State = asset.State(d.word())
	r.Name = d.text()
	r.Unit = d.int8()
	r.Levels = classify.Levels{C: classify.Rank(d.int2()), I: classify.Rank(d.int2()), A: classify.Rank(d.int2())}
	r.Zone = d.word()
	r.Changing = d.bool()
	r.Review = d.day()
	r.Checked = d.date()
	r.Scheme = d.int8()
	switch {
	case d.window.sheet:
		r.Yomi, r.Reading, r.Updated = d.text(), d.text(), d.time()
		r.Organ, r.Host = d.int8(), d.int8()
		r.Personal, r.Flags = d.int2(), asset.Flags(d.int4()) //nolint:gosec // five bits
		r.Year, r.Members, r.Version = int(d.int4()), int(d.int4()), int(d.int4())
	case d.window.order.column == "yomi":
		r.Yomi = d.text()
	case d.window.order.column == "updated_at":
		r.Updated = d.time()
	}
	if d.window.values {
		r.Values = d.next(-1)
	}
	if d.err == nil && d.at != len(raw) {
		d.err = errShortRow
	}
	return d.err
}

// next returns the next value, nil when it is null. Another size than the type has is an error.
func (d *decoder) next(size int) []byte {
	if d.at >= len(d.raw) {
		d.err = errShortRow
		return nil
	}
	b := d.raw[d.at]
	d.at++
	if size >= 0 && b != nil && len(b) != size {
		d.err = fmt.Errorf("column %d of a list has %d bytes, not %d", d.at, len(b), size)
		return nil
	}
	return b
}

func (d *decoder) int8() int64 {
	if b := d.next(8); b != nil {
		return int64(binary.BigEndian.Uint64(b)) //nolint:gosec // two's complement on the wire
	}
	return 0
}

func (d *decoder) int4() int32 {
	if b := d.next(4); b != nil {
		return int32(binary.BigEndian.Uint32(b)) //nolint:gosec // two's complement on the wire
	}
	return 0
}

func (d *decoder) int2() int16 {
	if b := d.next(2); b != nil {
		return int16(binary.BigEndian.Uint16(b)) //nolint:gosec // two's complement on the wire
	}
	return 0
}

func (d *decoder) bool() bool {
	b := d.next(1)
	return b != nil && b[0] != 0
}

func (d *decoder) text() string { return string(d.next(-1)) }

// words are the texts that occur in every row, so that reading a row does not make them anew.
var words = func() map[string]string {
	out := map[string]string{}
	for _, k := range asset.Kinds() {
		out[string(k.Kind)] = string(k.Kind)
	}
	for _, list := range [][]asset.Option{asset.States(), asset.Zones()} {
		for _, o := range list {
			out[o.Code] = o.Code
		}
	}
	return out
}()

func (d *decoder) word() string {
	b := d.next(-1)
	if w, ok := words[string(b)]; ok {
		return w
	}
	return string(b)
}

// The server counts microseconds and days from the beginning of 2000.
const serverEpoch = 946_684_800_000_000 // microseconds after the Unix epoch

var serverDay, _ = jpdate.New(2000, 1, 1)

func (d *decoder) time() time.Time {
	b := d.next(8)
	if b == nil {
		return time.Time{}
	}
	return time.UnixMicro(serverEpoch + int64(binary.BigEndian.Uint64(b))).UTC() //nolint:gosec // two's complement on the wire
}

func (d *decoder) day() jpdate.Date { return jpdate.OfTime(d.time()) }

func (d *decoder) date() jpdate.Date {
	b := d.next(4)
	if b == nil {
		return jpdate.Date{}
	}
	return serverDay.AddDays(int(int32(binary.BigEndian.Uint32(b)))) //nolint:gosec // two's complement on the wire
}
