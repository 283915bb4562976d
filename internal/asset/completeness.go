package asset

// Completeness says how far the entry of an asset has come. It serves campaigns that bring a
// register up level by level, and never stops a registration.
type Completeness struct {
	Level   int     // 0 to 3: every field up to this level that concerns the asset is filled in
	Missing []Field // what the next level still needs, in the order of the form; empty at level 3
	Filled  int     // fields that concern the asset and are filled in
	Total   int     // fields that concern the asset
}

// TopLevel is the highest completeness level.
const TopLevel = 3

// Completeness returns the level that the document has reached and what the next one needs. Fields
// whose condition does not hold, flags and fields of level 0 are never missed.
func (d Document) Completeness() Completeness {
	c := Completeness{Level: TopLevel}
	missing := map[int][]Field{}
	for _, f := range all[d.Kind] {
		if f.Level == 0 || f.Type == Flag || !f.When.Holds(d.Values) || f.Key == "lifecycle" {
			continue
		}
		c.Total++
		if d.Values[f.Key] != "" {
			c.Filled++
			continue
		}
		missing[f.Level] = append(missing[f.Level], f)
	}
	for l := 1; l <= TopLevel; l++ {
		if len(missing[l]) > 0 {
			c.Level, c.Missing = l-1, missing[l]
			break
		}
	}
	return c
}
