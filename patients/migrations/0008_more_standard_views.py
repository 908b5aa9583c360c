from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0007_intake_at_home'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='photo',
            name='photo_view_known',
        ),
        migrations.AddField(
            model_name='photo',
            name='record_allowed_at',
            field=models.DateTimeField(help_text='Empty means: taken back.', null=True),
        ),
        migrations.AddField(
            model_name='photo',
            name='thumbnail_at',
            field=models.DateTimeField(help_text='Empty means: not made yet.', null=True),
        ),
        migrations.AlterField(
            model_name='photo',
            name='view',
            field=models.CharField(choices=[('front', 'Front'), ('left-45', 'Left, 45°'), ('right-45', 'Right, 45°'), ('left-90', 'Left, 90°'), ('right-90', 'Right, 90°'), ('back', 'From behind'), ('top', 'From above'), ('close-up', 'Close-up')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='photo',
            index=models.Index(condition=models.Q(('thumbnail_at', None)), fields=['id'], name='photo_without_thumbnail'),
        ),
        migrations.AddConstraint(
            model_name='photo',
            constraint=models.CheckConstraint(condition=models.Q(('view__in', ['front', 'left-45', 'right-45', 'left-90', 'right-90', 'back', 'top', 'close-up'])), name='photo_view_known'),
        ),
    ]
