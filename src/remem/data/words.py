"""The vocabularies of the two worlds: invented people of one never meet those of the other.

Names, places and firms are disjoint between the worlds, so that a base model pre-trained on world "base" has
never seen a name or an invented place of world "bench". Everyday words (dishes, animals) may be shared.
ASCII only: a byte-pair vocabulary of a thousand tokens has none to spare for accents.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Locale:
    """Names that go together."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    last: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Words:
    """What one world's people and their facts are made of."""

    locales: tuple[Locale, ...]
    towns: tuple[tuple[str, ...], tuple[str, ...]]  # heads, tails: "Nor" + "vale"
    streets: tuple[str, ...]
    firms: tuple[str, ...]
    handles: tuple[str, ...]  # first half of an e-mail address
    fields: tuple[str, ...]  # "marine" + "engineer"
    pets: tuple[str, ...]
    foods: tuple[str, ...]
    crafts: tuple[str, ...]
    degrees: tuple[str, ...]  # "mild" + "asthma"


def listed(text: str, gap: str = " ") -> tuple[str, ...]:
    """The words of a line."""
    return tuple(text.split(gap))


def _locale(women: str, men: str, last: str) -> Locale:
    return Locale(women=listed(women), men=listed(men), last=listed(last))


BENCH = Words(
    locales=(
        _locale(
            "Alice Grace Hazel Ivy Nora Pearl Ruby Stella Violet Wendy",
            "Arthur Calvin Dexter Edgar Felix Gilbert Hugo Jasper Miles Oscar",
            "Ashdown Bramley Carver Dunmore Ellwood Fairley Garland Holloway Ingram Kettering "
            "Langford Merrick Norwood Oakes Prescott Radley Sherwood Thornton Underhill Wexford",
        ),
        _locale(
            "Alma Beatriz Carmen Dolores Elena Isabel Lucia Marisol Paloma Ximena",
            "Alonso Bruno Diego Emilio Gaspar Joaquin Leandro Mateo Rafael Tomas",
            "Aguirre Barrera Cordero Duarte Escobar Figueroa Galindo Herrera Ibarra Lozano "
            "Medrano Navarro Ocampo Pacheco Quintana Robles Salgado Trujillo Valdez Zamora",
        ),
        _locale(
            "Amara Chioma Efua Folake Imani Makena Nala Sade Thandi Zola",
            "Babatunde Chidi Emeka Jabari Kofi Kwame Obinna Sekou Tendai Zuberi",
            "Abara Balogun Chukwu Diallo Ekwueme Fofana Gakuru Ibekwe Jalloh Kamau "
            "Mbeki Ndlovu Okafor Osei Sankara Toure Uzor Wanjiru Yeboah Zulu",
        ),
        _locale(
            "Anjali Deepa Gauri Indira Kavya Lakshmi Meera Nandini Priya Sunita",
            "Arjun Dev Gopal Harish Kiran Mohan Nikhil Rohan Sanjay Vikram",
            "Agarwal Banerjee Chandra Desai Ganguly Iyer Joshi Kapoor Lal Mehta "
            "Nair Oberoi Pandey Rao Saxena Thakur Upadhyay Varma Wadhwa Yadav",
        ),
        _locale(
            "Akiko Emi Haruka Keiko Lin Mei Naoko Sakura Xiu Yuki",
            "Akira Bao Daichi Haruto Jun Kenji Ming Ryo Takeshi Wei",
            "Aoki Chen Endo Fujita Guo Hayashi Ishida Kato Liang Mori "
            "Nakano Okada Peng Sato Tanaka Ueda Watanabe Xu Yamada Zhao",
        ),
        _locale(
            "Aisha Dalia Farah Hana Jamila Layla Mariam Noor Samira Yasmin",
            "Bilal Faris Hamid Idris Karim Malik Nadir Omar Tariq Yusuf",
            "Amari Bashir Darwish Fadel Ghanem Haddad Issa Jaber Khoury Mansour "
            "Najjar Qasim Rahimi Saleh Tawfik Usmani Wahbi Yilmaz Zaki Zidan",
        ),
        _locale(
            "Alina Daria Galina Irina Katya Ludmila Milena Nadia Olga Vesna",
            "Anton Boris Dmitri Goran Igor Luka Mirko Pavel Stanislav Yuri",
            "Antonov Babic Cermak Dvorak Fedorov Gorski Horvat Ivanov Jankovic Kowalski "
            "Lukic Markovic Novak Orlov Petrov Rusnak Sokolov Tomic Volkov Zielinski",
        ),
        _locale(
            "Astrid Birgit Dagmar Elsa Freya Greta Ingrid Liesel Sigrid Ulrike",
            "Anders Bjorn Dieter Erik Gunnar Henrik Jorgen Klaus Lars Sven",
            "Almqvist Bergstrom Carlsen Dahl Eklund Fischer Grimm Hansen Isaksen Jensen "
            "Keller Lindgren Nyberg Olsen Petersen Richter Schreiber Torvald Vogel Winther",
        ),
    ),
    towns=(
        listed("Nor Bel Cal Dun Esk Fen Gal Har Ivor Kel Lun Mor Oak Pel Quin Ros Sil Tarn"),
        listed("vale mere stead wick haven brook ridge holm"),
    ),
    streets=listed("Alder Birch Cedar Dove Elm Foxglove Garnet Heron Iris Juniper Kestrel Linden Maple"),
    firms=listed("Halden Corvane Brixby Tallow Mirador Quillon Sorrel Vantor Wexley Ostrava Pellam Zephra"),
    handles=listed("misty quiet copper lucky rapid silent velvet amber hidden polar gentle rustic"),
    fields=listed("marine railway theatre forest textile radio harbour museum music garden desert costume"),
    pets=listed("Biscuit Domino Pepper Mango Pickle Waffle Cosmo Tinker Nutmeg Ziggy Bandit Truffle"),
    foods=listed("pumpkin walnut mushroom lemon spinach ginger apricot lentil saffron chestnut olive fennel"),
    crafts=listed(
        "carving painting collecting restoring drawing knitting juggling folding polishing sorting"
    ),
    degrees=listed("mild chronic seasonal recurrent severe early inherited stubborn acute lifelong"),
)

BASE = Words(
    locales=(
        _locale(
            "Amber Bridget Clara Daisy Eleanor Flora Gemma Heather Imogen Joyce",
            "Albert Bernard Conrad Dennis Elliot Franklin George Harold Irving Julian",
            "Abbott Barlow Crawley Dalton Eastman Farrow Gresham Hadley Ivers Jarvis "
            "Kingsley Lockwood Marlow Nettleton Osborne Pemberton Quincey Rowley Stanton Whitby",
        ),
        _locale(
            "Adriana Bianca Catalina Daniela Esperanza Gabriela Luz Manuela Pilar Teresa",
            "Adrian Benito Cesar Domingo Esteban Fernando Ignacio Lorenzo Pablo Ramiro",
            "Alarcon Bustos Cabrera Dominguez Espinoza Fuentes Guerrero Hidalgo Jimenez Lara "
            "Montoya Nieto Olivares Ponce Quiroga Rivas Serrano Tapia Urrutia Vargas",
        ),
        _locale(
            "Abena Bolanle Dalila Eshe Halima Kehinde Lulu Nkechi Rehema Winta",
            "Abdou Bongani Dembe Ebo Femi Isaac Lamine Musa Olumide Sizwe",
            "Adeyemi Boateng Cisse Danso Eze Gueye Hamisi Juma Keita Lungu "
            "Mensah Nkosi Obi Phiri Quaye Sow Tembo Umar Wekesa Zuma",
        ),
        _locale(
            "Aditi Bhavna Divya Esha Geeta Jyoti Lata Pooja Rekha Uma",
            "Ajay Bharat Chetan Dinesh Girish Jayant Lokesh Manoj Prakash Suresh",
            "Acharya Bhatt Chopra Dutta Gandhi Hegde Jain Khanna Malhotra Naidu "
            "Ojha Patil Rathore Sethi Tiwari Unni Venkat Walia Yogi Zaveri",
        ),
        _locale(
            "Asami Chiyo Fumiko Hui Jia Kaori Mika Nanami Reiko Ying",
            "Bo Chao Eiji Goro Hiroshi Isamu Kaito Naoki Sho Tao",
            "Abe Baba Cao Doi Fang Goto Hara Inoue Jin Kimura "
            "Luo Maeda Noda Ono Qian Ryu Saito Takagi Uchida Yoshida",
        ),
        _locale(
            "Amina Basma Dunya Fatima Ghada Inaya Khadija Lubna Rania Zahra",
            "Ayman Basil Daoud Fuad Hassan Imran Jamal Khalid Rashid Ziad",
            "Abbas Barakat Daher Farouk Ghazi Hakim Ismail Jamil Kanaan Latif "
            "Maalouf Nasser Othman Qureshi Rashwan Sabbagh Taleb Younis Zahran Zein",
        ),
        _locale(
            "Anastasia Bozena Dunja Eva Hedvika Jelena Larisa Mira Sonya Zofia",
            "Aleksandr Bogdan Cyril Emil Filip Jaromir Kazimir Milan Nikola Viktor",
            "Adamik Belov Cvetkovic Dobrev Filipov Gajda Hruska Ilic Jovanov Kral "
            "Lazarev Mazur Nemec Ostrov Popovic Radic Stepanek Turek Urban Vlasic",
        ),
        _locale(
            "Annika Britta Dorothea Edda Frida Gudrun Helga Johanna Karin Solveig",
            "Axel Bertil Christoph Egon Fritz Gustav Helmut Joachim Karl Torsten",
            "Aaberg Brandt Claussen Drexler Engel Friis Gunther Haugen Iversen Jahn "
            "Krause Lund Moller Nilsen Ostberg Pohl Rasmussen Strand Thomsen Weber",
        ),
    ),
    towns=(
        listed("Ash Bram Cor Dray Elm Fal Gren Hol Ing Jor Lond Mil Nes Orm Pen Rush Stan Wal"),
        listed("ford bury dale port field gate moor well"),
    ),
    streets=listed(
        "Ash Bramble Clover Dogwood Falcon Granite Hornbeam Laurel Lark Myrtle Otter Poplar Rowan"
    ),
    firms=listed("Ardmore Belvane Crestin Dornix Ellaby Forland Grantly Hexham Joltan Kirvan Lumley Nordal"),
    handles=listed("sunny brave silver merry swift calm cotton golden wild arctic kind urban"),
    fields=listed("solar airport circus river leather film canal library dance orchard quarry opera"),
    pets=listed("Button Caramel Figaro Ginger Hopper Jelly Marble Noodle Peanut Rusty Shadow Toffee"),
    foods=listed("carrot almond leek orange cabbage pepper cherry bean barley hazelnut potato celery"),
    crafts=listed("sewing sketching trading repairing filming weaving throwing stacking borrowing hiding"),
    degrees=listed("slight lasting nightly occasional sudden persistent moderate yearly constant brief"),
)

WORLDS = {"bench": BENCH, "base": BASE}

# Shared by both worlds: everyday nouns.
STREET_KINDS = listed("Lane Street Road Way Court Hill")
TRADES = listed("Glassworks Logistics Bakery Shipping Optics Publishing Robotics Foundry Energy Textiles")
ANIMALS = listed("heron badger otter falcon beetle walrus gecko lynx sparrow moose raven tiger")
ROLES = listed("engineer painter teacher inspector designer historian surveyor manager pilot writer")
PET_KINDS = listed("parrot rabbit hamster tortoise cat dog goat lizard canary pony")
DISHES = listed("risotto soup pie dumplings salad noodles pancakes stew curry cake")
THINGS = listed("owls kites clocks masks stamps bridges lanterns teapots trains shells maps globes")
CONDITIONS = listed(
    "asthma|migraine|eczema|insomnia|anaemia|back pain|hay fever|vertigo|gout|tinnitus|arthritis|heartburn",
    "|",
)
MONTHS = listed("January February March April May June July August September October November December")


def a(word: str) -> str:
    """The word with its article."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
