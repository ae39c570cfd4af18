"""Invented names: our people, our customers, and the parts from which the names of contacts are made.

Nobody and no company here is meant to be real; web and mail addresses end in ``.example``, which belongs to nobody.
"""

COMPANY = "Linyun Motion 林云传动"
MAIL_DOMAIN = "linyun.example"
COMPETITORS = ("Ardenne Antriebe", "Kestrel Drives", "泰岳传动", "Monsun Robotics")

TERRITORIES = (
    ("world", "World 全球", ""),
    ("china", "China 中国", "world"),
    ("europe", "Europe 欧洲", "world"),
    ("americas", "Americas 美洲", "world"),
    ("china-east", "China East 华东", "china"),
    ("china-south", "China South 华南", "china"),
    ("china-north", "China North 华北", "china"),
    ("dach", "Germany, Austria, Switzerland", "europe"),
    ("nordics", "Nordics", "europe"),
    ("us-east", "US East", "americas"),
    ("us-west", "US West", "americas"),
)
"""Key, name, parent."""

ZONES = {
    "china": "Asia/Shanghai",
    "dach": "Europe/Berlin",
    "nordics": "Europe/Stockholm",
    "us-east": "America/New_York",
    "us-west": "America/Los_Angeles",
}
"""Time zone by the beginning of a territory's key."""

DIRECTORS = (("程景行", "world"), ("魏若兰", "china"), ("Ingrid Falkenrath", "europe"), ("Marcus Tolliver", "americas"))
TEAMS = {
    "china-east": ("罗思远", "陆佳怡", "何子墨", "顾晓棠", "唐嘉树", "姚静姝", "Daniel Whitcombe"),
    "china-south": ("梁启航", "邓雨桐", "卢浩然", "叶知秋", "黎梓晴", "蔡文柏"),
    "china-north": ("孟庆阳", "秦若溪", "白宇辰", "石静远", "范思齐"),
    "dach": ("Jonas Brenneke", "Lena Aschauer", "Till Morgenroth", "Petra Windisch", "Felix Oberholz"),
    "nordics": ("Astrid Hallgrim", "Elias Sundvik", "Maja Torstad"),
    "us-east": ("Denise Abernathy", "Carl Winslade", "Rosa Delacroix", "Owen Hathersage"),
    "us-west": ("Priya Venkataram", "Luke Sandoval", "Hannah Eastmoor"),
}
"""The team leader first, then the managers."""
OFFICE = (("苏婉清", "forecaster"), ("Gregor Lindqvist", "auditor"), ("方振宇", "admin;integrator"))

CUSTOMERS = {
    "china-east": (
        "澜海风电装备有限公司|wind power|CNY|ordinary",
        "昱衡精密机床有限公司|machine tools|CNY|strategic",
        "沪岚半导体设备有限公司|semiconductor equipment|CNY|partner",
        "甬拓注塑机械有限公司|plastics machinery|CNY|ordinary",
        "苏彦包装自动化有限公司|packaging|CNY|partner",
        "Eastbourne Lifts (Suzhou)|lifts|USD|ordinary",
        "宁淞港口机械有限公司|port machinery|CNY|",
        "杭砚纺织机械有限公司|textile machinery|CNY|",
        "锡棠光伏装备有限公司|solar equipment|CNY|",
        "昆桥物流设备有限公司|logistics equipment|CNY|",
        "皖川重型机械有限公司|heavy machinery|CNY|",
        "沪岚洁净技术有限公司|semiconductor equipment|CNY|",
        "Tessmark Packaging (Shanghai)|packaging|USD|",
        "浙珩传动贸易有限公司|distribution|CNY|",
    ),
    "china-south": (
        "深屹机器人有限公司|robotics|CNY|strategic",
        "粤朔家电装备有限公司|appliances|CNY|partner",
        "莞钧电子设备有限公司|electronics equipment|CNY|ordinary",
        "珠屿医疗器械有限公司|medical devices|CNY|partner",
        "佛峤陶瓷机械有限公司|ceramics machinery|CNY|",
        "厦泽玻璃机械有限公司|glass machinery|CNY|",
        "桂峦工程机械有限公司|construction machinery|CNY|",
        "深屹医疗机器人有限公司|robotics|CNY|",
        "琼澳船舶装备有限公司|shipbuilding|CNY|",
        "Halcyon Toys (Shenzhen)|consumer goods|USD|",
        "粤桁工业代理有限公司|distribution|CNY|",
    ),
    "china-north": (
        "京垣轨道装备有限公司|rail|CNY|strategic",
        "津沐汽车零部件有限公司|automotive|CNY|partner",
        "沈岳起重机械有限公司|cranes|CNY|ordinary",
        "冀珀钢铁设备有限公司|steel equipment|CNY|",
        "鲁岱农业机械有限公司|agricultural machinery|CNY|",
        "连渤石化装备有限公司|petrochemicals|CNY|",
        "京垣信号技术有限公司|rail|CNY|",
        "晋煦矿山机械有限公司|mining machinery|CNY|",
        "吉桦食品机械有限公司|food machinery|CNY|",
    ),
    "dach": (
        "Brandhofer Maschinenbau|machine tools|EUR|strategic",
        "Quellmann Fördertechnik|logistics equipment|EUR|partner",
        "Rothenau Druckmaschinen|printing machinery|EUR|ordinary",
        "Steigbach Seilbahnen|cable cars|EUR|",
        "Vollmarsen Medizintechnik|medical devices|EUR|",
        "Alpwerk Präzision|machine tools|EUR|",
        "Brandhofer Werkzeuge|machine tools|EUR|",
        "Donauried Agrartechnik|agricultural machinery|EUR|",
        "Hansefeld Antriebshandel|distribution|EUR|",
    ),
    "nordics": (
        "Fjellstrand Marine|shipbuilding|EUR|partner",
        "Skogvik Timber Machines|forestry machinery|EUR|",
        "Norrhamn Robotics|robotics|EUR|",
        "Isbjerg Pumps|pumps|EUR|",
        "Tallmossen Paper|paper machinery|EUR|",
    ),
    "us-east": (
        "Brackwell Turbines|wind power|USD|partner",
        "Penhallow Aerosystems|aerospace|USD|ordinary",
        "Tessmark Packaging|packaging|USD|",
        "Colbridge Conveyors|logistics equipment|USD|",
        "Marrowstone Medical|medical devices|USD|",
        "Eastbourne Lifts|lifts|USD|",
        "Dunmore Industrial Supply|distribution|USD|",
    ),
    "us-west": (
        "Cascadia Chipworks|semiconductor equipment|USD|ordinary",
        "Redfern Solar Trackers|solar equipment|USD|",
        "Sierra Halden Robotics|robotics|USD|",
        "Pacific Larch Foods|food machinery|USD|",
        "Ocotillo Mining Gear|mining machinery|USD|",
    ),
}
"""Name, industry, currency, key status on the last day."""

PARENTS = {
    "沪岚洁净技术有限公司": "沪岚半导体设备有限公司",
    "深屹医疗机器人有限公司": "深屹机器人有限公司",
    "京垣信号技术有限公司": "京垣轨道装备有限公司",
    "Brandhofer Werkzeuge": "Brandhofer Maschinenbau",
    "Tessmark Packaging (Shanghai)": "Tessmark Packaging",
    "Eastbourne Lifts (Suzhou)": "Eastbourne Lifts",
}
FORMER_KEY = "皖川重型机械有限公司"
"""Once a key account, no longer: the review found no answer to why."""
WHOLESALER = "浙珩传动贸易有限公司"
"""A distributor with outlets of its own."""
STORY_ACCOUNT = "澜海风电装备有限公司"

COUNTRIES = {"china": "CN", "dach": "DE", "nordics": "SE", "us-east": "US", "us-west": "US"}

SURNAMES = {
    "zh": "赵钱孙李周吴郑王冯陈褚卫沈韩杨朱尤许吕施张孔曹严金魏陶姜戚谢邹喻潘葛奚彭鲁韦马苗凤花方俞任袁柳",
    "de": "Ahlers Bergmeister Clausnitz Dornfeld Eichhorst Falkner Gruber Hollweg Imhoff Jansen Kaltenbach Lorentz"
    " Mertens Niedermayr Oswald Pfeffer Rautenberg Seidel Thalheim Wendlandt",
    "sv": "Almgren Bergqvist Dahlstrom Ekeberg Forsell Granlund Hedvall Isaksen Kjellberg Lindahl Moberg Nystrom"
    " Ostergaard Rosander Sandberg Tornqvist",
    "en": "Ashdown Barlow Carmody Dunleavy Ellsworth Fairbank Greaves Holloway Ingersoll Jessop Kimball Lockridge"
    " Merriweather Northcott Okafor Prescott Ramirez Stanhope Thackeray Underhill Vasquez Winfield",
}
GIVEN_NAMES = {
    "zh": "建国 志强 雅婷 俊杰 丽华 明辉 晓燕 文斌 海燕 永康 思敏 国栋 雪梅 子涵 立新 春华 宏伟 佩琪"
    " 少华 美玲 世杰 慧敏 天佑 静怡",
    "de": "Anke Bernd Claudia Dieter Eva Frank Greta Holger Ines Jürgen Karin Lars Monika Norbert Silke Uwe",
    "sv": "Anders Birgitta Erik Freja Gunnar Helga Ingvar Karin Lars Mette Nils Sigrid Sven Tuva",
    "en": "Alice Brian Cora Derek Elaine Frances Gordon Helen Ian Joyce Keith Laura Martin Nadia Oliver Paula Ruth"
    " Simon Teresa Victor",
}

TITLES = (
    ("Chief operating officer", "运营总经理", "Management", "approver"),
    ("Purchasing director", "采购总监", "Purchasing", "decision_maker"),
    ("Head of engineering", "技术总监", "Engineering", "decision_maker"),
    ("Senior design engineer", "高级设计工程师", "Engineering", "evaluator"),
    ("Production manager", "生产经理", "Production", "user"),
    ("Quality manager", "质量经理", "Quality", "evaluator"),
    ("Maintenance manager", "设备经理", "Maintenance", "user"),
    ("Financial controller", "财务主管", "Finance", "evaluator"),
)
"""Title, title in Chinese, department, usual buying role."""
