package jptext

import (
	"strings"
	"unicode/utf8"
)

// variantGroups lists kanji that people write for one another, mostly in the names of persons and
// places: each group is one word, and its first character stands for all of it in a search key.
// Old forms of the jōyō table come with their new forms (常用漢字表, 人名用漢字), so that a document
// title in 旧字体 is found too. A group only widens a search: nothing that is stored changes.
//
// What NFKC unifies already is not repeated here (U+F900 to U+FAFF with a canonical form, such as
// U+FA19 神 or U+FA10 塚; Kangxi radicals).
const variantGroups = `
高髙 崎嵜碕 辺邊邉 斎齋齊斉亝 浜濱濵 沢澤 広廣 国國圀囯 島嶋嶌嶹隝隯 滝瀧 竜龍 吉𠮷 土圡 富冨 恵惠 栄榮 桜櫻
柳栁桺 桑桒 槙槇 橋槗𣘺 徳德 隣鄰 塩鹽 野埜 峰峯 岳嶽 巌巖 館舘 鉄鐵銕鐡 関關 蔵藏 薮藪籔 桧檜 曽曾 祢禰袮
弥彌 淵渕渊 凜凛 尭堯 遥遙 瑶瑤 篭籠 蝉蟬 頬頰 麹麴 鴎鷗 鹸鹼 鯵鰺 鶯鴬 靭靱 繋繫 掴摑 掻搔 填塡 顛顚 剥剝
叱𠮟 嘘噓 噛嚙 嚢囊 屏屛 并幷 瓶甁 迩邇 祷禱 涛濤 莱萊 蕊蘂 秋穐龝 恒恆 晄晃 清淸 青靑 真眞 慎愼 鎮鎭 巻卷
圏圈 条條 翠翆 壷壺 参參叅 来來徠 桝枡 船舩 裏裡 群羣 恥耻 芦蘆 荘莊庄 蒋蔣 園薗 蛎蠣 衛衞 譲讓 豊豐 輌輛
郎郞 郷鄕鄉 醤醬 鉱鑛砿礦 間閒 隠隱 霊靈 頼賴 頴穎 顔顏 顕顯 騨驒 鶏鷄雞 麿麽 黒黑 黙默 亀龜 昂昻 暁曉 暦曆
歓歡懽 沖冲 況况 決决 涼凉 準凖 潅灌 煙烟 焔焰 熙煕熈 灯燈 留畄 略畧 畳疊疉 疎疏 蓋葢盖 碁棊 砺礪 稲稻 穂穗
穣穰 窓窗窻 笋筍 箪簞 蓑簑 糧粮 綿緜 総總 繍繡 纏纒 缶罐 翻飜 聡聰 聴聽 胆膽 舎舍 艶艷 万萬 虎乕 蟹蠏 諫諌
讃讚 讐讎 猪豬 賎賤 踪蹤 躯軀 村邨 鈎鉤 舗舖鋪 閲閱 闊濶 隷隸 雁鴈鳫 雑雜襍 韮韭 頚頸 鬱欝 兎兔莵 剣劍劔劒剱釼
勲勳 卯夘 厨廚 厩廐廏 哲喆 善譱 喜㐂 宝寶寳 寿壽 爾尓 帯帶 庵菴 廼迺 彦彥 懐懷 撹攪 携擕 昇曻 松枩 棲栖 氷冰
猫貓 珍珎 皐皋 杯盃 稚穉 竈竃 耀燿 修脩 柏栢 瑠璢 鑑鑒 穏穩 姉姊 姫姬 妊姙 叙敍敘 戯戲戱 窃竊 粛肅 亜亞 悪惡
圧壓 囲圍 医醫 為爲 壱壹 営營 駅驛 円圓 縁緣 応應 欧歐 殴毆 奥奧 横橫 温溫 仮假 価價 画畫 会會 絵繪 壊壞
概槪 拡擴 殻殼 覚覺 学學斈 楽樂 渇渴 陥陷 勧勸 寛寬 観觀 気氣 既旣 帰歸 器噐 偽僞 犠犧 旧舊 拠據 挙擧 虚虛
峡峽 挟挾 教敎 強强 区區 駆驅駈 薫薰 径徑 掲揭 渓溪谿 経經 継繼 茎莖 蛍螢 軽輕 芸藝 撃擊 欠缺 倹儉 検檢 権權
献獻 研硏 県縣 険險 験驗 厳嚴 戸戶 効效 黄黃 号號 砕碎 済濟 剤劑 桟棧 蚕蠶 惨慘 賛贊 残殘 糸絲 歯齒 児兒
辞辭 湿濕 実實 写寫 釈釋 収收 従從 渋澁澀 獣獸 縦縱 処處 将將 称稱 渉涉 焼燒 証證 奨奬 状狀 乗乘 浄淨 剰剩
縄繩 壌壤 嬢孃 醸釀 触觸 嘱囑 寝寢 尽盡 図圖 粋粹 酔醉 随隨 髄髓 枢樞 数數 瀬瀨 声聲 静靜 摂攝 専專 戦戰
浅淺 潜潛 繊纖 践踐 銭錢 禅禪 双雙 壮壯 捜搜 挿插 巣巢 争爭 装裝 騒騷 増增 臓臟 即卽 属屬 続續 堕墮 対對
体體躰軆 滞滯 台臺 択擇 単單 担擔 団團 断斷 弾彈 遅遲 昼晝 虫蟲 鋳鑄 庁廳 徴徵 勅敕 逓遞 点點 転轉 伝傳 党黨
盗盜 当當 闘鬪鬭 独獨 読讀 届屆 弐貳 悩惱 脳腦 覇霸 拝拜 廃廢 売賣 麦麥 発發 髪髮 抜拔 晩晚 蛮蠻 秘祕 払拂
仏佛 併倂 並竝 変變 弁辨瓣辯 歩步 褒襃 毎每 満滿 麺麵麪 訳譯 薬藥 与與 予豫 余餘 誉譽 揺搖 様樣 謡謠 乱亂
覧覽 両兩 猟獵 緑綠 涙淚 塁壘 礼禮 励勵 戻戾 齢齡 歴歷 恋戀 炉爐 労勞 楼樓 録錄 湾灣 産產 説說 税稅 脱脫
鋭銳 悦悅 内內 呉吳 娯娛 呂吕 宮宫 侶侣 鎌鐮 杉椙 梅楳 凡凢 鶴靏靍寉 狭狹 禄祿 晋晉 磯礒 籤籖 萱萓 蘇蘓 錬鍊
槍鎗 餅餠 鼠鼡 栃杤 協恊 卒卆 紙帋 閉閇 面靣 脈脉 飾餝 逃迯 蛇虵 解觧 萌萠 鼓皷 亘亙 楕橢 梼檮 聯聨 竪豎
達逹 醗醱 鐸鈬 宜冝 奇竒 憩憇 曳曵 炯烱 糾糺 菱蔆 蝿蠅 槌鎚 胸胷 耕畊 走赱 鑽鑚 櫨枦 櫟檪 潴瀦 址阯 曠昿
殲殱 碍礙 苺莓
`

// hiddenVariants are the ones that look like another character here: compatibility ideographs that
// NFKC leaves alone (U+FA11 崎 and others), and the radicals that copying out of a PDF leaves behind.
const hiddenVariants = "西\u2ec4 青\u2ed8 長\u2ed1 民\u2ea0 黄\u2ee9 食\u2edd 鬼\u2ee4 骨\u2ee3 亀\u2ef2 歯\u2eed 竜\u2eef 麦\u2ee8 斎\u2eeb 崎\ufa11 臈\ufa1f 欅\ufa14"

// kanji is the block that nearly every kanji of a text lies in; variants outside it are in a map.
const (
	kanjiFirst = 0x4e00
	kanjiLast  = 0x9fff
)

// variantTable gives the character that stands for each in a search key, 0 where it stands for
// itself. An array keeps the bulk load of a register from spending its time in a map.
var variantTable, variantMap = buildVariants(variantGroups + hiddenVariants)

func buildVariants(groups string) (*[kanjiLast - kanjiFirst + 1]uint16, map[rune]rune) {
	table, others := new([kanjiLast - kanjiFirst + 1]uint16), make(map[rune]rune)
	for group := range strings.FieldsSeq(groups) {
		lead, n := utf8.DecodeRuneInString(group)
		for _, r := range group[n:] {
			if r >= kanjiFirst && r <= kanjiLast {
				table[r-kanjiFirst] = uint16(lead) //nolint:gosec // every lead is in the block; a test checks it
			} else {
				others[r] = lead
			}
		}
	}
	return table, others
}

// plain returns the character that stands for r in a search key.
func plain(r rune) rune {
	if r >= kanjiFirst && r <= kanjiLast {
		if v := variantTable[r-kanjiFirst]; v != 0 {
			return rune(v)
		}
		return r
	}
	if v, ok := variantMap[r]; ok {
		return v
	}
	return r
}
