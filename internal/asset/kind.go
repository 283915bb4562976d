// Package asset holds what a registered information asset is: its kind, its field catalogue (the
// one description of every field of every kind), its document and the rules over them. It is pure:
// it imports leaves, org and classify only, never a database, a request or the clock.
package asset

// Kind is the 種別 of an asset. It never changes in an asset's life; a wrong kind is put right by a
// successor. Source: 基本方針 4(2)①②③ for the first eight; CL and CT are 関連台帳 (6(8)).
type Kind string

// The ten kinds.
const (
	Network  Kind = "NW"
	System   Kind = "IS"
	Device   Kind = "EQ"
	Medium   Kind = "MD"
	Facility Kind = "FA"
	Info     Kind = "IN"
	Paper    Kind = "PD"
	SysDoc   Kind = "SD"
	Cloud    Kind = "CL"
	Contract Kind = "CT"
)

// KindInfo describes one kind for screens and files.
type KindInfo struct {
	Kind   Kind
	Label  string // 用語
	Tag    string // short word for narrow columns
	Short  string // one line that helps a registrant choose
	Clause string // 基本方針 clause that brings it into scope
	Main   bool   // in the 情報資産台帳 proper (4(2)①②③); false = 関連台帳
}

// Kinds lists the ten kinds in the order in which screens and ledgers show them.
func Kinds() []KindInfo { return kinds[:] }

var kinds = [...]KindInfo{
	{Info, "電子情報", "電子情報", "ファイル、データベース、名簿データなど", "4(2)②", true},
	{Paper, "印刷文書", "印刷文書", "簿冊、申請書のつづり、紙の名簿など", "4(2)②", true},
	{Medium, "電磁的記録媒体", "媒体", "USBメモリ、外付けディスク、光学媒体、テープなど", "4(2)①", true},
	{Device, "機器", "機器", "パソコン、サーバー、通信装置、複合機など", "4(2)①", true},
	{System, "情報システム", "システム", "業務システム、ファイルサーバー、ホームページなど", "4(2)①", true},
	{Network, "ネットワーク", "ネットワーク", "庁内LAN、通信回線、無線LANなど", "4(2)①", true},
	{Facility, "施設・区域・設備", "施設・設備", "サーバー室、執務室、書庫、電源設備など", "4(2)①", true},
	{SysDoc, "システム関連文書", "関連文書", "仕様書、ネットワーク図、設定書など", "4(2)③", true},
	{Cloud, "外部サービス（クラウド）", "クラウド", "Web会議、オンラインストレージ、SaaSなど", "6(8)", false},
	{Contract, "委託契約", "委託契約", "運用保守、データ入力、処分などの委託", "6(8)", false},
}

// Valid reports whether k is one of the ten kinds.
func (k Kind) Valid() bool { return k.Info().Kind == k && k != "" }

// Info returns the description of the kind; the zero KindInfo for an unknown one.
func (k Kind) Info() KindInfo {
	for _, i := range kinds {
		if i.Kind == k {
			return i
		}
	}
	return KindInfo{}
}

// Label returns the 用語 of the kind, or the code itself for an unknown one.
func (k Kind) Label() string {
	if i := k.Info(); i.Label != "" {
		return i.Label
	}
	return string(k)
}
