// Package org holds the organisation as the rest of the program sees it: organs, units, posts,
// people and appointments, all data with validity days. It is pure: no I/O, no clock.
package org

// Role is what a post may do. Rights follow the post, never the person (基本方針 6(1)).
type Role string

// The roles. Source: the roles of the 対策基準 chapter 1 (組織体制).
const (
	Registrant  Role = "registrant"  // 登録者（担当者）
	Manager     Role = "manager"     // 情報セキュリティ管理者（課長級）
	Responsible Role = "responsible" // 情報セキュリティ責任者（局長級）
	Chief       Role = "chief"       // 統括情報セキュリティ責任者
	CISO        Role = "ciso"        // 最高情報セキュリティ責任者
	Auditor     Role = "auditor"     // 監査人
	Admin       Role = "admin"       // システム管理者: accounts and packs, no business authority
)

// Roles lists every role in the order of rank and tables.
func Roles() []Role {
	return []Role{Registrant, Manager, Responsible, Chief, CISO, Auditor, Admin}
}

// Label returns the 用語 of the role.
func (r Role) Label() string {
	switch r {
	case Registrant:
		return "登録者"
	case Manager:
		return "情報セキュリティ管理者"
	case Responsible:
		return "情報セキュリティ責任者"
	case Chief:
		return "統括情報セキュリティ責任者"
	case CISO:
		return "最高情報セキュリティ責任者"
	case Auditor:
		return "監査人"
	case Admin:
		return "システム管理者"
	}
	return string(r)
}

// Reach says how far a post reaches over the organisation.
type Reach string

// The reaches of a post.
const (
	ReachUnit  Reach = "unit"  // its unit and the units below
	ReachOrgan Reach = "organ" // its organ
	ReachBody  Reach = "body"  // every organ
)

// AppointmentKind is how a person holds a post.
type AppointmentKind string

// The kinds of appointment.
const (
	Main       AppointmentKind = "main"       // 本務
	Concurrent AppointmentKind = "concurrent" // 併任
	Acting     AppointmentKind = "acting"     // 職務代理
	Delegated  AppointmentKind = "delegated"  // 委任
)

// Label returns the 用語 of the kind of appointment.
func (k AppointmentKind) Label() string {
	switch k {
	case Main:
		return "本務"
	case Concurrent:
		return "併任"
	case Acting:
		return "職務代理"
	case Delegated:
		return "委任"
	}
	return string(k)
}

// Appointment is a post held by a person today, with what the post brings.
type Appointment struct {
	ID       int64
	Kind     AppointmentKind
	PostID   int64
	PostName string
	Role     Role
	Reach    Reach
	UnitID   int64
	UnitName string
	UnitPath string // 本部事務局 総務課
	OrganID  int64
	// Units are the units reached: its own and those below, or every unit of its organ where the
	// reach is the organ or the body (beyond its organ a body-wide post reaches by Reach alone).
	Units []int64
}

// Unit is one 組織 in a list or a filter.
type Unit struct {
	ID       int64
	Code     string
	Name     string
	Path     string // names from the top: 広域防災局 防災課
	ParentID int64  // 0 at the top
	OrganID  int64
	Organ    string
	Prefix   string // 採番記号 of the organ
	HostID   int64  // 0 when none
	HostCode string
	HostName string
	Model    string // adopted model in effect, its own or inherited from above
	Depth    int
}

// HostBody is one 構成団体.
type HostBody struct {
	ID         int64
	Code, Name string
}
