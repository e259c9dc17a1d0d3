from __future__ import annotations

from django.contrib.auth import get_user_model
from django.test import TestCase

from ai_cms.core.tokens import create_token
from ai_cms.pages import get_page_model, services

from .models import ProductPage, ShopPage


class SwappedPageTests(TestCase):
    def setUp(self) -> None:
        self.user = get_user_model().objects.create_superuser("root", "root@example.com", "secret")
        self.site = services.create_site(hostname="testserver", title="Shop")
        services.publish_page(self.site.root, actor=self.user)

    def make(self, **extra: object) -> ProductPage:
        return services.create_page(
            actor=self.user,
            parent=self.site.root,
            title="Lamp",
            page_type=ProductPage,
            fields={"sku": "L-1", "price": "19.50", "theme": "dark"},
            content=[{"type": "heading", "props": {"text": "It shines", "level": 2}}],
            **extra,
        )

    def test_page_model_is_the_hosts(self) -> None:
        self.assertIs(get_page_model(), ShopPage)
        self.assertIsInstance(self.site.root, ShopPage)

    def test_published_product_is_served_with_its_fields(self) -> None:
        self.make(publish=True)
        response = self.client.get("/lamp/")
        self.assertContains(response, "It shines")
        self.assertContains(response, '<p class="price" data-theme="dark">19.50</p>', html=True)

    def test_draft_is_not_served(self) -> None:
        self.make()
        self.assertEqual(self.client.get("/lamp/").status_code, 404)

    def test_api_reads_and_changes_the_products_fields(self) -> None:
        page = self.make(publish=True)
        _, secret = create_token(self.user, scopes=["read", "write", "publish"])
        headers = {"authorization": f"Bearer {secret}"}
        found = self.client.get(f"/api/pages/{page.pk}/", headers=headers)
        self.assertEqual(found.status_code, 200, found.content)
        self.assertEqual(found.json()["type"], "products.productpage")
        changed = self.client.patch(
            f"/api/pages/{page.pk}/", {"title": "Big lamp"}, content_type="application/json", headers=headers
        )
        self.assertEqual(changed.status_code, 200, changed.content)
        self.assertEqual(ProductPage.objects.get().title, "Big lamp")

    def test_admin_lists_pages(self) -> None:
        self.make()
        self.client.force_login(self.user)
        self.assertEqual(self.client.get("/admin/", follow=True).status_code, 200)
