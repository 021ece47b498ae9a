"""Posts and their pages as a reader sees them, read through an HTML parser."""

import lxml.etree
from django.test import TestCase, override_settings

from accounts.tests.factories import create_user
from core.tests.pages import PageText, read
from posts.tests.factories import create_post
from social.tests.factories import follow

ATOM = "{http://www.w3.org/2005/Atom}"


class ReadingTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan, cls.john = create_user("susan"), create_user("john")
        follow(cls.susan, cls.john)

    def setUp(self) -> None:
        self.client.force_login(self.susan)

    def page(self, path: str = "/") -> PageText:
        return read(self.client.get(path))

    def test_a_post_shows_who_wrote_what_and_when_in_which_language(self) -> None:
        theirs = create_post(self.john, "Hola a todos", "es")
        article = self.page().one("//article")
        author, time = article.all(".//div[@class='post-head']/a")
        self.assertEqual((author.text, author.get("href")), ("john", "/user/john"))
        link = f"/post/{theirs.pk}"
        self.assertEqual((time.text, time.get("href")), ("just now", link))
        body = article.one(".//p[@class='post-body']")
        self.assertEqual((body.text, body.get("lang")), ("Hola a todos", "es"))
        self.assertEqual(article.texts(".//button"), ["Translate"])

    def test_the_author_alone_is_offered_to_delete(self) -> None:
        mine = create_post(self.susan, "Hello")
        article = self.page().one("//article")
        self.assertEqual(article.texts(".//summary"), ["Delete"])
        form = article.one(".//form")
        self.assertEqual(form.get("action"), f"/post/{mine.pk}/delete")
        self.assertEqual(form.texts(".//button"), ["Really delete this post"])

    @override_settings(POSTS_PER_PAGE=2)
    def test_the_pager_leads_through_all_posts_and_back(self) -> None:
        texts = [f"Number {number}" for number in range(5)]
        for text in texts:
            create_post(self.john, text)
        for path in ("/", "/explore", "/user/john"):
            with self.subTest(path):
                pages, links = [], []
                url = path
                while url:
                    page = self.page(url)
                    pages.append(page.texts("//p[@class='post-body']"))
                    pager = page.all("//nav[@class='pager']/a")
                    links.append({a.text: a.get("href") for a in pager})
                    older = links[-1].get("Older posts")
                    url = f"{path}{older}" if older else ""
                newest_first = texts[::-1]
                self.assertEqual(pages, [newest_first[i : i + 2] for i in (0, 2, 4)])
                self.assertNotIn("Newer posts", links[0])
                back = self.page(f"{path}{links[2]['Newer posts']}")
                self.assertEqual(back.texts("//p[@class='post-body']"), pages[1])

    @override_settings(POSTS_PER_PAGE=2)
    def test_a_page_that_is_just_full_has_no_next_one(self) -> None:
        create_post(self.john, "One")
        create_post(self.john, "Two")
        for path in ("/", "/explore", "/user/john"):
            self.assertEqual(self.page(path).all("//nav[@class='pager']/a"), [], path)

    def test_the_first_link_leads_to_the_content(self) -> None:
        page = self.page()
        link = page.all("//a")[0]
        self.assertEqual(link.text, "Skip to the content")
        target = page.one(f"//*[@id='{link.get('href')[1:]}']")
        self.assertEqual(target.root.tag, "main")

    def test_says_its_language_and_direction(self) -> None:
        self.assertEqual(self.direction(), ("en", "ltr"))
        self.client.cookies["django_language"] = "es"
        self.assertEqual(self.direction(), ("es", "ltr"))
        with self.settings(LANGUAGES=[("en", "English"), ("ar", "Arabic")]):
            self.client.cookies["django_language"] = "ar"
            self.assertEqual(self.direction(), ("ar", "rtl"))

    def direction(self) -> tuple[str | None, str | None]:
        html = self.page().one("//html")
        return html.get("lang"), html.get("dir")

    def test_two_texts_from_two_pages_are_two_posts(self) -> None:
        for text in ("One", "Two"):
            number = self.page().one("//input[@name='submission']").get("value")
            for _click in range(2):
                self.client.post("/", {"body": text, "submission": number})
        self.assertEqual(self.page().texts("//p[@class='post-body']"), ["Two", "One"])

    def test_what_is_only_read_takes_no_form(self) -> None:
        post = create_post(self.john, "Hello")
        for path in (
            "/explore",
            "/explore.atom",
            "/home.atom",
            "/search?q=hello",
            "/sign-up/waiting",
            "/sign-up/refused",
            "/user/john",
            "/user/john/card",
            "/user/john/feed.atom",
            "/user/john/followers",
            "/user/john/following",
            f"/post/{post.pk}",
        ):
            self.assertEqual(self.client.post(path).status_code, 405, path)

    def test_feeds_have_the_newest_twenty(self) -> None:
        texts = [f"Number {number}" for number in range(21)]
        for text in texts:
            create_post(self.john, text)
        for path in ("/explore.atom", "/home.atom", "/user/john/feed.atom"):
            feed = lxml.etree.fromstring(self.client.get(path).content)
            found = [entry.text for entry in feed.findall(f"{ATOM}entry/{ATOM}title")]
            self.assertEqual(len(found), 20, path)
            self.assertIn(texts[20], found[0])
            self.assertIn(texts[1], found[19])
